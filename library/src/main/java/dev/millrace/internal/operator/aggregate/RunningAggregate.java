package dev.millrace.internal.operator.aggregate;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.MillraceException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.fold.CountedRow;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowCheck;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.type.Types;
import dev.millrace.time.TimeDomain;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The aggregate of each key over all its records: a table.
 *
 * <p>Changes are emitted once per key and commit, with the old row taken from the committed bytes,
 * since objects may have been changed in place meanwhile. If old and new row are equal, nothing is
 * emitted. The result may be the accumulator, or share parts with it, and later steps may keep or
 * change it: where both can be changed, the result is made from a copy.
 *
 * <p>The time of a change is that of its row: the largest of the times of those records that have
 * made the row what it is. It never goes back, so that the newest change of a key is also the last
 * in the order of time. A record too far ahead of the clock changes the row, but not its time; a
 * row of nothing but such records changes at the present watermark.
 *
 * <p>Where records can be taken back, a row {@linkplain CountedRow counts} those that are left, and
 * goes with the last of them. A retraction for which there is no record is ignored and counted.
 * Where a record may delete the row, nothing of it is left, not even its time.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RunningAggregate implements KeyedOperator {

  private final FoldFunction fold;
  private final Folding folding;
  private final RowStore<Object> rows;
  private final KeyCodec<Object> keyCodec;
  private final boolean counts;

  /** Null if the values of groups are not kept. */
  private final @Nullable SpreadGroups groups;

  private final boolean deletes;

  /** Looks whether the row of one record can be written, if the job may go on without it. */
  private final RowCheck check;

  private final boolean readsBefore;
  private final boolean finishesCopies;
  private final OperatorContext context;
  private final Guard guard;
  private final Output next;
  private final LateRecords late;
  private final RowPrefetch prefetch;
  private long watermarkMs;

  /** {@return the operator of one task} */
  public static RunningAggregate of(StageAggregate plan, OperatorContext context) {
    return new RunningAggregate(plan, context);
  }

  private RunningAggregate(StageAggregate plan, OperatorContext context) {
    this.fold = plan.fold().function();
    this.counts = plan.fold().takesRetractions();
    this.deletes = plan.fold().function().deletes();
    UnaryOperator<Object> copying = context.copying("");
    boolean goesOn = context.guard().policy().action() != ErrorPolicy.Action.FAIL;
    this.check = goesOn ? context.checking("") : RowCheck.NONE;
    this.folding = Folding.of(plan.fold(), counts ? ofCounted(copying) : copying, context);
    this.rows = context.rows("");
    Spreading<Object, Object> spreading = fold.spreading();
    this.groups = spreading == null ? null : new SpreadGroups(fold, spreading, context);
    this.keyCodec = context.keys();
    // Without the old result it would not be known that the new one equals it, as the bytes of
    // counted rows differ also if only the counts do.
    this.readsBefore = plan.needsBefore() || counts;
    this.finishesCopies =
        !Types.isImmutable(plan.fold().accumulatorType())
            && !Types.isImmutable(plan.fold().resultType());
    this.context = context;
    this.guard = context.guard();
    this.next = context.next();
    this.late = context.late();
    this.prefetch = new RowPrefetch(rows);
    this.watermarkMs = context.firedUpTo(TimeDomain.EVENT);
  }

  /** {@return the copies of accumulators, made through the rows that they are in} */
  private static UnaryOperator<Object> ofCounted(UnaryOperator<Object> copyingRows) {
    return accumulator ->
        ((CountedRow<?>) copyingRows.apply(new CountedRow<>(1, accumulator))).accumulator();
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
        rows.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    if (fold(row, record) && !record.isTooFarAhead()) {
      row.changedAt(record.timeMs());
    }
  }

  /** Adds an entry to its row; returns whether that changed the row. */
  private boolean fold(Row<Object> row, KeyedRecord record) {
    if (groups != null) {
      return groups.fold(row, record);
    }
    if (counts) {
      return foldCounted(row, record);
    }
    return deletes ? foldOrDelete(row, record) : folding.foldInto(row, record, guard) != null;
  }

  /**
   * A row is that of its newest record alone, so that it is dropped with that if it cannot be
   * written. Partial results have been written on their way.
   */
  private boolean foldOrDelete(Row<Object> row, KeyedRecord record) {
    Object before = row.value();
    Object folded = folding.foldOnto(before, record, guard);
    if (folded == null) {
      return false;
    }
    if (!fold.isDeleted(folded)) {
      boolean fits = record.isPartial() || canBeWritten(row, folded);
      if (fits) {
        row.set(folded);
      }
      return fits;
    }
    if (before != null) {
      row.delete();
    }
    return before != null;
  }

  private boolean canBeWritten(Row<Object> row, Object newest) {
    try {
      check.check(row, newest);
      return true;
    } catch (Exception e) {
      @Nullable Boolean done =
          guard.recover(
              null,
              e,
              () -> {
                check.check(row, newest);
                return true;
              });
      return done != null;
    }
  }

  /**
   * A retraction goes through the function also if it is the last record that it takes back: one
   * that fails is dropped, as the addition was, and must not take another record's place.
   */
  private boolean foldCounted(Row<Object> row, KeyedRecord record) {
    CountedRow<?> before = (CountedRow<?>) row.value();
    long count = (before == null ? 0 : before.count()) + record.weight();
    if (before == null && count <= 0) {
      // A partial result that nets to no record, and is not neutral, took back one at least.
      late.countUnmatched(Math.max(1, -count));
      return false;
    }
    Object folded = folding.foldOnto(before == null ? null : before.accumulator(), record, guard);
    if (folded == null) {
      return false;
    }
    if (count > 0) {
      row.set(new CountedRow<>(count, folded));
      folding.noteGrowth(row, record, folded);
      return true;
    }
    row.delete();
    if (count < 0) {
      late.countUnmatched(-count);
    }
    return true;
  }

  @Override
  public boolean onTime(TimeDomain domain, long newWatermarkMs) {
    if (domain == TimeDomain.EVENT) {
      watermarkMs = newWatermarkMs;
    }
    return true;
  }

  @Override
  public boolean holdsResults() {
    return rows.hasChanges();
  }

  @Override
  public void beforeCommit() {
    if (groups != null) {
      groups.settle();
    }
    rows.forEachDirty(this::emitChange);
  }

  private void emitChange(Row<Object> row) {
    @Nullable Object value = finishesCopies ? row.copiedValue() : row.value();
    @Nullable Object committed = null;
    // A row that goes is emitted once more, so that it is read in any case.
    if (readsBefore || value == null) {
      committed = row.committedValue();
    } else if (row.committedBytes() != null) {
      committed = Revision.UNREAD;
    }
    byte[] keyBytes = row.key();
    Object key = keyCodec.decode(keyBytes, 0, keyBytes.length);
    @Nullable Object after;
    @Nullable Object before;
    try {
      after = value == null ? null : finished(value);
      before = committed == null || committed == Revision.UNREAD ? committed : finished(committed);
    } catch (Exception e) {
      throw finishFailed(e, key);
    }
    if (!Objects.equals(before, after)) {
      long timeMs = row.timeMs() == StoredValueFormat.NO_TIME ? presentMs() : row.timeMs();
      next.emit(new Revision(key, before, after), timeMs, FrameFormat.RECORD);
    }
  }

  private Object finished(Object row) throws Exception {
    if (groups != null) {
      return groups.result(row);
    }
    return fold.finish(counts ? ((CountedRow<?>) row).accumulator() : row);
  }

  private long presentMs() {
    boolean known = watermarkMs != Long.MIN_VALUE && watermarkMs != Long.MAX_VALUE;
    return known ? watermarkMs : context.clockMs();
  }

  /**
   * Returns the exception that stops the job: without the new row, the next change could not take
   * back the one that was emitted last, since rows are finished again for that.
   */
  private static MillraceException finishFailed(Exception cause, Object key) {
    if (cause instanceof MillraceException own) {
      return own;
    }
    return new RecordException(
        "Cannot finish an aggregate: the function failed on the state of one key ("
            + key
            + "). Mend the function and start again",
        cause);
  }
}
