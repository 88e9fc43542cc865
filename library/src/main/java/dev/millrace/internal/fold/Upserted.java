package dev.millrace.internal.fold;

import org.jspecify.annotations.Nullable;

/**
 * The newest row of a key: on its way to the key's task, and in what keeps it there.
 *
 * @param row the row; null if it is deleted. Then it is in no row of state, except for that of a
 *     join whose result is still there, and has this time
 */
public record Upserted<V>(@Nullable V row) implements Replacement {
  @Override
  public @Nullable Object withoutRow() {
    return row == null ? null : new Upserted<V>(null);
  }
}
