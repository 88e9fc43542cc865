package dev.millrace.internal.operator.join;

import dev.millrace.function.JoinFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.type.Types;
import dev.millrace.time.TimeDomain;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The join of a stream with a table as it is now: a record finds the row that is there when it is
 * processed, and its result is emitted at once, with its time. A change of the table is a row, and
 * emits nothing.
 *
 * <p>Both inputs need the same rows, so that those of a frame are read in one go for either.
 *
 * <p>Objects in rows are never handed out as long as they can be changed: functions get copies.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TableLookupOperator implements KeyedOperator {

  private final JoinFunction<Object, @Nullable Object, Object> function;
  private final boolean keepsUnmatched;
  private final boolean isMutable;
  private final UnaryOperator<Object> kept;
  private final RowStore<Object> table;
  private final RowPrefetch prefetch;
  private final Guard guard;
  private final Output next;

  /** {@return the operator of one task} */
  public static TableLookupOperator of(LookupOperator.AsOfNow plan, OperatorContext context) {
    return new TableLookupOperator(plan.lookup(), context);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private TableLookupOperator(TableLookup lookup, OperatorContext context) {
    this.function = (JoinFunction<Object, @Nullable Object, Object>) lookup.function();
    this.keepsUnmatched = lookup.kind().keepsLeft();
    this.isMutable = !Types.isImmutable(lookup.rowType());
    // A row out of a frame is nobody else's.
    this.kept = context.sharesRecords() ? context.copying("") : UnaryOperator.identity();
    this.table = context.rows("");
    this.prefetch = new RowPrefetch(table);
    this.guard = context.guard();
    this.next = context.next();
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    prefetch.want(record);
  }

  @Override
  public void onRecord(int input, KeyedRecord record) {
    Row<Object> row =
        table.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    if (input == TableLookup.TABLE) {
      change(row, ((Upserted<?>) record.value()).row());
    } else if (keepsUnmatched || row.exists()) {
      join(record, row);
    }
  }

  private void join(KeyedRecord record, Row<Object> row) {
    Object value = record.value();
    Object result;
    try {
      result = joined(value, row);
    } catch (Exception e) {
      result = guard.recover(value, e, () -> joined(record.valueAnew(), row));
    }
    if (result != null) {
      next.emit(result, record.timeMs(), record.kind());
    }
  }

  @SuppressWarnings("NullAway") // functions of left joins get null where there is no row
  private Object joined(Object value, Row<Object> row) throws Exception {
    Object result = function.join(value, isMutable ? row.copiedValue() : row.value());
    if (result == null) {
      throw new NullPointerException("the function of the join returned null");
    }
    return result;
  }

  private void change(Row<Object> row, @Nullable Object after) {
    Object now = after == null ? null : kept(after);
    if (now != null) {
      row.set(now);
    } else if (row.exists()) {
      row.delete();
    }
  }

  /**
   * {@return the row as the table may keep it, or null if it cannot be written and was dropped: the
   * one that it replaces goes as well, since a stale row would be worse than none}
   */
  private @Nullable Object kept(Object after) {
    try {
      return kept.apply(after);
    } catch (Exception e) {
      return guard.recover(after, e, () -> kept.apply(after));
    }
  }

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    return true;
  }
}
