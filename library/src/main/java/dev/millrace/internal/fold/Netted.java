package dev.millrace.internal.fold;

import org.jspecify.annotations.Nullable;

/**
 * The accumulator of a reduce that can take records back. Both sides are kept apart until they meet
 * the row: before the shuffle there may be nothing that a record could be subtracted from.
 *
 * @param added the records added, less those taken back by now; null if there are none
 * @param takenBack the records to be taken back; null if there are none, as in every row
 */
public record Netted<V>(@Nullable V added, @Nullable V takenBack) {}
