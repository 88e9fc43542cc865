package dev.millrace.internal.operator.aggregate;

import dev.millrace.internal.fold.GroupRow;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The values of spread groups of which the first, or their number, is the result: each row holds
 * how often its value is there. A value with a count below zero is not there, but is kept until the
 * other side of it comes.
 *
 * <p>When the first value goes, the next one is looked up, once per commit: by a scan that begins
 * where the last first one was, and so passes no tombstones of earlier ones.
 *
 * <p>I1: a group's {@code first} is the first value that is there, or null and the group is in
 * {@code unsettled}, with a row key that no value that is there is before; where only the number
 * counts it is always null.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class CountedValues implements SpreadValues {

  private final ValueRows values;
  private final boolean hasFirst;
  private final Map<Row<Object>, byte[]> unsettled = new LinkedHashMap<>();

  /**
   * Creates the values.
   *
   * @param hasFirst whether the first value is the result, and not their number
   */
  CountedValues(ValueRows values, boolean hasFirst) {
    this.values = values;
    this.hasFirst = hasFirst;
  }

  @Override
  public GroupRow<Object, Object> add(
      Row<Object> row, GroupRow<Object, Object> group, ValueChange value) {
    values.absentRow(row, value.order()).set(value.by());
    return value.by() > 0 ? with(row, group, value.value()) : group;
  }

  @Override
  public GroupRow<Object, Object> change(
      Row<Object> row, GroupRow<Object, Object> group, ValueChange change) {
    Row<Object> place = values.row(row, change.order());
    Object stored = place.value();
    long before = stored == null ? 0 : (long) stored;
    long after = before + change.by();
    if (after == 0) {
      place.delete();
    } else {
      place.set(after);
    }
    if ((before > 0) == (after > 0)) {
      return group;
    }
    return after > 0 ? with(row, group, change.value()) : without(row, group, change.value());
  }

  private GroupRow<Object, Object> with(
      Row<Object> row, GroupRow<Object, Object> group, Object value) {
    Object first = group.first();
    if (hasFirst && group.distinct() == 0) {
      first = value;
    } else if (hasFirst) {
      byte[] key = values.keyOf(row, value);
      if (first == null) {
        byte[] ignored = unsettled.merge(row, key, CountedValues::earlier);
      } else if (Arrays.compareUnsigned(key, values.keyOf(row, first)) < 0) {
        first = value;
      }
    }
    return GroupRow.spread(group.count(), group.distinct() + 1, first);
  }

  private GroupRow<Object, Object> without(
      Row<Object> row, GroupRow<Object, Object> group, Object value) {
    Object first = group.first();
    if (value.equals(first)) {
      byte[] ignored = unsettled.put(row, values.keyOf(row, value));
      first = null;
    }
    return GroupRow.spread(group.count(), group.distinct() - 1, first);
  }

  private static byte[] earlier(byte[] left, byte[] right) {
    return Arrays.compareUnsigned(left, right) <= 0 ? left : right;
  }

  @Override
  public void delete(Row<Object> row) {
    values.delete(row);
    byte[] ignored = unsettled.remove(row);
  }

  @Override
  public void settle() {
    unsettled.forEach(
        (row, from) -> {
          GroupRow<Object, Object> group = SpreadGroups.group(row.value());
          if (group != null && group.values() == null && group.first() == null) {
            row.set(GroupRow.spread(group.count(), group.distinct(), first(row, from)));
          }
        });
    unsettled.clear();
  }

  private Object first(Row<Object> group, byte[] from) {
    try (RowScan<Object> scan = values.scan(group, from)) {
      while (scan.next()) {
        if (isThere(scan.row().value())) {
          return values.orderOf(group, scan.row());
        }
      }
    }
    throw new IllegalStateException("A group with records has no values");
  }

  private static boolean isThere(@Nullable Object count) {
    return count != null && (long) count > 0;
  }

  @Override
  public Object result(GroupRow<?, ?> group) {
    return hasFirst ? Objects.requireNonNull(group.first()) : (Object) group.distinct();
  }
}
