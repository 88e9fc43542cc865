package dev.millrace.internal.plan;

import org.jspecify.annotations.Nullable;

/**
 * The accumulator of the newest row of a key.
 *
 * @param row the row; null if it is deleted, which travels but is never in a row of state
 */
public record Upserted<V>(@Nullable V row) {}
