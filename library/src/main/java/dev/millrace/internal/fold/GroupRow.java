package dev.millrace.internal.fold;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The row of a group whose values are in rows of their own once there are many: whole as long as it
 * has its values in itself.
 *
 * @param count how many records there are, more than 0
 * @param values how often each value is there; null if they are in rows of their own
 * @param distinct how many values there are, if they are in rows of their own and somebody wants to
 *     know
 * @param first the value that comes first in the order of the rows, or a list of the first ones;
 *     null if it has to be looked up, or nobody wants to know
 */
public record GroupRow<V, F>(
    long count, @Nullable Map<V, Long> values, long distinct, @Nullable F first) {

  /** {@return a row that has its values in itself} */
  public static <V, F> GroupRow<V, F> whole(long count, Map<V, Long> values) {
    return new GroupRow<>(count, values, 0, null);
  }

  /** {@return a row whose values are in rows of their own} */
  public static <V, F> GroupRow<V, F> spread(long count, long distinct, @Nullable F first) {
    return new GroupRow<>(count, null, distinct, first);
  }

  /** {@return the same for another number of records} */
  public GroupRow<V, F> ofRecords(long records) {
    return new GroupRow<>(records, values, distinct, first);
  }
}
