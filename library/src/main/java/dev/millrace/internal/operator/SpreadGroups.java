package dev.millrace.internal.operator;

import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.aggregate.Spreading.Result;
import dev.millrace.internal.codec.OrderedValues;
import dev.millrace.internal.codec.OrderedValues.Direction;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.GroupRow;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.state.Row;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The groups of an aggregate over counted values of which only one, or their number, is the result.
 *
 * <p>A small group is one row. When it comes to have more than {@link #LARGEST_WHOLE} values, it is
 * spread: each value gets a {@linkplain ValueRows row of its own}, and the group's row keeps the
 * number of values and the first of them in their order. From then on a record changes two short
 * rows, however large the group is. A group that has been spread stays so until it is deleted: one
 * that goes up and down about the limit would be rewritten each time.
 *
 * <p>When the first value of a spread group goes, the next one is looked up, once per commit: by a
 * scan that begins where the last first one was, and so passes no tombstones of earlier ones.
 *
 * <p>User code is called before anything is changed, so that a call that fails has nothing to undo.
 *
 * <p>I1: a spread group's {@code first} is the first value that is there, or null and the group is
 * in {@code unsettled}, with a row key that no value that is there is before; where only the number
 * counts it is always null.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SpreadGroups {

  /** About so many values cost as much in one row as two of a thousand do in rows of their own. */
  static final int LARGEST_WHOLE = 64;

  private final FoldFunction fold;
  private final Spreading<Object, Object> spreading;
  private final boolean hasFirst;
  private final ValueRows values;
  private final Guard guard;
  private final LateRecords late;
  private final Map<Row<Object>, byte[]> unsettled = new LinkedHashMap<>();

  SpreadGroups(FoldFunction fold, Spreading<Object, Object> spreading, OperatorContext context) {
    this.fold = fold;
    this.spreading = spreading;
    this.hasFirst = spreading.result() != Result.NUMBER;
    this.values =
        new ValueRows(
            context.rows(StageOperator.Aggregate.VALUES),
            OrderedValues.codec(
                spreading.valueClass(),
                spreading.result() == Result.LARGEST ? Direction.DESCENDING : Direction.ASCENDING));
    this.guard = context.guard();
    this.late = context.late();
  }

  /** Adds an entry to its group; returns whether that changed the group. */
  boolean fold(Row<Object> row, KeyedRecord record) {
    GroupRow<Object> before = group(row.value());
    long count = (before == null ? 0 : before.count()) + record.weight();
    if (before == null && count <= 0) {
      // A partial result that nets to no record, and is not neutral, took back one at least.
      late.countUnmatched(Math.max(1, -count));
      return false;
    }
    Object input = input(record);
    if (input == null) {
      return false;
    }
    if (count <= 0) {
      delete(row, before);
      late.countUnmatched(-count);
      return true;
    }
    GroupRow<Object> group = before == null ? GroupRow.whole(0, new LinkedHashMap<>()) : before;
    if (record.isPartial()) {
      if (group.values() == null) {
        counts(input).keySet().forEach(value -> values.want(row, value));
        values.load();
      }
      for (Map.Entry<Object, Long> change : counts(input).entrySet()) {
        group = changed(row, group, change.getKey(), change.getValue());
      }
    } else {
      group = changed(row, group, input, record.weight());
    }
    row.set(new GroupRow<>(count, group.values(), group.distinct(), group.first()));
    return true;
  }

  /** {@return the value of a record, or the counts of a partial result; null if it was dropped} */
  private @Nullable Object input(KeyedRecord record) {
    try {
      return attempt(record);
    } catch (Exception e) {
      return guard.recoverNullable(null, e, () -> attempt(record));
    }
  }

  private Object attempt(KeyedRecord record) throws Exception {
    Object value = record.value();
    return record.isPartial() ? value : spreading.valueOf(value);
  }

  private void delete(Row<Object> row, @Nullable GroupRow<Object> group) {
    if (group != null && group.values() == null) {
      values.delete(row);
      byte[] ignored = unsettled.remove(row);
    }
    row.delete();
  }

  private GroupRow<Object> changed(Row<Object> row, GroupRow<Object> group, Object value, long by) {
    Map<Object, Long> whole = group.values();
    if (whole == null) {
      return changedRow(row, group, value, by);
    }
    long count = whole.getOrDefault(value, 0L) + by;
    if (count == 0) {
      Long ignored = whole.remove(value);
    } else {
      Long ignored = whole.put(value, count);
    }
    return whole.size() > LARGEST_WHOLE ? spread(row, whole) : group;
  }

  private GroupRow<Object> changedRow(
      Row<Object> row, GroupRow<Object> group, Object value, long by) {
    long before = values.change(row, value, by);
    boolean was = before > 0;
    boolean is = before + by > 0;
    if (was == is) {
      return group;
    }
    long distinct = group.distinct() + (is ? 1 : -1);
    return GroupRow.spread(
        group.count(), distinct, hasFirst ? first(row, group.first(), value, is) : null);
  }

  /** {@return the first value after one has come or gone; null if it has to be looked up} */
  private @Nullable Object first(
      Row<Object> row, @Nullable Object first, Object value, boolean comes) {
    if (first == null) {
      if (comes) {
        byte[] ignored = unsettled.merge(row, values.keyOf(row, value), SpreadGroups::earlier);
      }
      return null;
    }
    if (comes) {
      byte[] key = values.keyOf(row, value);
      return Arrays.compareUnsigned(key, values.keyOf(row, first)) < 0 ? value : first;
    }
    if (!value.equals(first)) {
      return first;
    }
    byte[] ignored = unsettled.put(row, values.keyOf(row, value));
    return null;
  }

  private static byte[] earlier(byte[] left, byte[] right) {
    return Arrays.compareUnsigned(left, right) <= 0 ? left : right;
  }

  private GroupRow<Object> spread(Row<Object> row, Map<Object, Long> whole) {
    long distinct = 0;
    byte @Nullable [] firstKey = null;
    @Nullable Object first = null;
    for (Map.Entry<Object, Long> entry : whole.entrySet()) {
      Object value = entry.getKey();
      values.add(row, value, entry.getValue());
      if (entry.getValue() > 0) {
        distinct++;
        byte[] key = values.keyOf(row, value);
        if (firstKey == null || Arrays.compareUnsigned(key, firstKey) < 0) {
          firstKey = key;
          first = value;
        }
      }
    }
    return GroupRow.spread(0, distinct, hasFirst ? first : null);
  }

  /** Looks up the first values of groups that have lost theirs. */
  void settle() {
    unsettled.forEach(
        (row, from) -> {
          GroupRow<Object> group = group(row.value());
          if (group != null && group.values() == null && group.first() == null) {
            row.set(GroupRow.spread(group.count(), group.distinct(), values.first(row, from)));
          }
        });
    unsettled.clear();
  }

  /** {@return the result of a group's row} */
  Object result(Object row) throws Exception {
    GroupRow<?> group = (GroupRow<?>) row;
    if (group.values() != null) {
      return fold.finish(group.values());
    }
    if (!hasFirst) {
      return group.distinct();
    }
    Object first = group.first();
    if (first == null) {
      throw new IllegalStateException("The first value of a group is not known");
    }
    return first;
  }

  @SuppressWarnings("unchecked") // it is the type of the rows
  private static @Nullable GroupRow<Object> group(@Nullable Object row) {
    return (GroupRow<Object>) row;
  }

  @SuppressWarnings("unchecked") // it is the type of the accumulators
  private static Map<Object, Long> counts(Object partial) {
    return (Map<Object, Long>) partial;
  }
}
