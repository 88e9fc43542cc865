package dev.millrace.internal.table;

import org.jspecify.annotations.Nullable;

/**
 * A change of one row of a table, both of its sides at once: what makes a table emits it, and steps
 * on tables pass it on. It never leaves the stage.
 *
 * <p>One of the sides is there, and they are not equal.
 *
 * <p><b>Threads.</b> Immutable, as far as key and row are.
 *
 * @param key the key of the row
 * @param before the row before, {@link #UNREAD} where nobody needs to know it, null if there was
 *     none
 * @param after the row after, null if it is gone
 */
public record Revision(Object key, @Nullable Object before, @Nullable Object after) {

  /** A row before that was there, and was not read. */
  public static final Object UNREAD =
      new Object() {
        @Override
        public String toString() {
          return "unread";
        }
      };
}
