package dev.millrace.internal.operator.aggregate;

import dev.millrace.error.MillraceException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.aggregate.Spreading.Result;
import dev.millrace.internal.codec.key.OrderedValues;
import dev.millrace.internal.codec.key.OrderedValues.Direction;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.GroupRow;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.state.Row;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The groups of an aggregate over counted values of which only the first few, or their number, are
 * the result.
 *
 * <p>A small group is one row. When it comes to have more than {@link #LARGEST_WHOLE} values, it is
 * spread: they get {@linkplain ValueRows rows of their own}, in their order, and the group's row
 * keeps what the result is made of. From then on a record changes two short rows, however large the
 * group is. A group that has been spread stays so until it is deleted: one that goes up and down
 * about the limit would be rewritten each time.
 *
 * <p>User code is called before anything is changed, so that a call that fails has nothing to undo.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SpreadGroups {

  /** About so many values cost as much in one row as in rows of their own. */
  static final int LARGEST_WHOLE = 64;

  private final FoldFunction fold;
  private final Spreading<Object, Object> spreading;
  private final ValueRows rows;
  private final SpreadValues values;
  private final Guard guard;
  private final LateRecords late;

  SpreadGroups(FoldFunction fold, Spreading<Object, Object> spreading, OperatorContext context) {
    this.fold = fold;
    this.spreading = spreading;
    Result result = spreading.result();
    this.rows =
        new ValueRows(
            context.rows(StageAggregate.VALUES),
            OrderedValues.codec(
                spreading.orderClass(),
                result == Result.LARGEST || result == Result.HIGHEST
                    ? Direction.DESCENDING
                    : Direction.ASCENDING));
    this.values =
        result == Result.HIGHEST
            ? new RankedValues(rows, fold, spreading.most())
            : new CountedValues(rows, result != Result.NUMBER);
    this.guard = context.guard();
    this.late = context.late();
  }

  /** Adds an entry to its group; returns whether that changed the group. */
  boolean fold(Row<Object> row, KeyedRecord record) {
    GroupRow<Object, Object> known = group(row.value());
    long count = (known == null ? 0 : known.count()) + record.weight();
    if (known == null && count <= 0) {
      // A partial result that nets to no record, and is not neutral, took back one at least.
      late.countUnmatched(Math.max(1, -count));
      return false;
    }
    List<ValueChange> changes = changes(record);
    if (changes == null) {
      return false;
    }
    if (count <= 0) {
      delete(row, known);
      late.countUnmatched(-count);
      return true;
    }
    GroupRow<Object, Object> group =
        known == null ? GroupRow.whole(0, new LinkedHashMap<>()) : known;
    if (group.values() == null && changes.size() > 1) {
      changes.forEach(change -> rows.want(row, change.order()));
      rows.load();
    }
    int before = sizeOfWhole(group);
    for (ValueChange change : changes) {
      group = changed(row, group, change);
    }
    row.set(group.ofRecords(count));
    if (sizeOfWhole(group) > before) {
      row.grew(Folding.bytesOfObject(record.valueLength()));
    }
    return true;
  }

  /** {@return how many values a group's row has in it} */
  private static int sizeOfWhole(GroupRow<?, ?> group) {
    return group.values() == null ? 0 : group.values().size();
  }

  /** {@return what an entry changes; null if it was dropped} */
  private @Nullable List<ValueChange> changes(KeyedRecord record) {
    try {
      return attempt(record, record.value());
    } catch (Exception e) {
      return guard.recoverNullable(null, e, () -> attempt(record, record.valueAnew()));
    }
  }

  private List<ValueChange> attempt(KeyedRecord record, Object input) throws Exception {
    return record.isPartial()
        ? changes(counts(input), record.valueLength())
        : List.of(change(spreading.valueOf(input), record.weight(), record.valueLength()));
  }

  private List<ValueChange> changes(Map<Object, Long> counts, int bytes) throws Exception {
    List<ValueChange> changes = new ArrayList<>(counts.size());
    for (Map.Entry<Object, Long> entry : counts.entrySet()) {
      changes.add(change(entry.getKey(), entry.getValue(), bytes / counts.size()));
    }
    return changes;
  }

  private ValueChange change(Object value, long by, int bytes) throws Exception {
    Object order = spreading.orderOf(value);
    // Ranks that compare as equal have to share a row.
    boolean isRank = spreading.result() == Result.HIGHEST;
    return new ValueChange(
        value,
        isRank && order instanceof BigDecimal decimal ? decimal.stripTrailingZeros() : order,
        by,
        bytes);
  }

  private void delete(Row<Object> row, @Nullable GroupRow<Object, Object> group) {
    if (group != null && group.values() == null) {
      values.delete(row);
    }
    row.delete();
  }

  private GroupRow<Object, Object> changed(
      Row<Object> row, GroupRow<Object, Object> group, ValueChange change) {
    Map<Object, Long> whole = group.values();
    if (whole == null) {
      return values.change(row, group, change);
    }
    change(whole, change);
    return whole.size() > LARGEST_WHOLE ? spread(row, whole) : group;
  }

  static void change(Map<Object, Long> counts, ValueChange change) {
    long count = counts.getOrDefault(change.value(), 0L) + change.by();
    if (count == 0) {
      Long ignored = counts.remove(change.value());
    } else {
      Long ignored = counts.put(change.value(), count);
    }
  }

  private GroupRow<Object, Object> spread(Row<Object> row, Map<Object, Long> whole) {
    GroupRow<Object, Object> group = GroupRow.spread(0, 0, null);
    try {
      for (ValueChange value : changes(whole, 0)) {
        group = values.add(row, group, value);
      }
    } catch (Exception e) {
      throw failed(e);
    }
    return group;
  }

  /** Looks up what the rows of changed groups do not know, before the commit. */
  void settle() {
    try {
      values.settle();
    } catch (Exception e) {
      throw failed(e);
    }
  }

  /** Functions have had all these values before, and there is no record to be dropped for them. */
  private static MillraceException failed(Exception cause) {
    return cause instanceof MillraceException own
        ? own
        : new RecordException(
            "Cannot update a group: the function failed on values that it had taken before. Make it"
                + " deterministic and start again",
            cause);
  }

  /** {@return the result of a group's row} */
  Object result(Object row) throws Exception {
    GroupRow<Object, Object> group = Objects.requireNonNull(group(row));
    return group.values() == null ? values.result(group) : fold.finish(group.values());
  }

  @SuppressWarnings("unchecked") // it is the type of the rows
  static @Nullable GroupRow<Object, Object> group(@Nullable Object row) {
    return (GroupRow<Object, Object>) row;
  }

  @SuppressWarnings("unchecked") // it is the type of the accumulators
  private static Map<Object, Long> counts(Object partial) {
    return (Map<Object, Long>) partial;
  }
}
