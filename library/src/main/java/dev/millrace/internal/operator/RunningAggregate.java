package dev.millrace.internal.operator;

import dev.millrace.error.MillraceException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.type.Types;
import dev.millrace.table.Change;
import dev.millrace.time.TimeDomain;
import org.jspecify.annotations.Nullable;

/**
 * The aggregate of each key over all its records: a table.
 *
 * <p>Changes are emitted once per key and commit, with the old row taken from the committed bytes,
 * since objects may have been changed in place meanwhile. If old and new row are equal, nothing is
 * emitted. The result may be the accumulator, or share parts with it, and later steps may keep or
 * change it: where both can be changed, the result is made from a copy. The time of a change is the
 * newest of those records of its key that made it.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RunningAggregate implements KeyedOperator {

  /** Stands for an old row whose value is not needed. */
  private static final Object NOT_READ = new Object();

  private final FoldFunction fold;
  private final Folding folding;
  private final RowStore<Object> rows;
  private final KeyCodec<Object> keyCodec;
  private final boolean needsBefore;
  private final boolean finishesCopies;
  private final Guard guard;
  private final Output next;
  private final RowPrefetch prefetch;

  /** {@return the operator of one task} */
  public static RunningAggregate of(StageOperator.Aggregate plan, OperatorContext context) {
    return new RunningAggregate(plan, context);
  }

  private RunningAggregate(StageOperator.Aggregate plan, OperatorContext context) {
    this.fold = plan.fold().function();
    this.folding = Folding.of(plan.fold(), context.copying(""), context);
    this.rows = context.rows("");
    this.keyCodec = context.keys();
    this.needsBefore = plan.needsBefore();
    this.finishesCopies =
        !Types.isImmutable(plan.fold().accumulatorType())
            && !Types.isImmutable(plan.fold().resultType());
    this.guard = context.guard();
    this.next = context.next();
    this.prefetch = new RowPrefetch(rows);
  }

  @Override
  public RowPrefetch prefetch() {
    return prefetch;
  }

  @Override
  public void want(KeyedRecord record) {
    prefetch.want(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
  }

  @Override
  public void onRecord(KeyedRecord record) {
    Row<Object> row =
        rows.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    if (folding.foldInto(row, record, guard) != null) {
      row.changedAt(record.timeMs());
    }
  }

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    return true;
  }

  @Override
  public void beforeCommit() {
    rows.forEachDirty(this::emitChange);
  }

  private void emitChange(Row<Object> row) {
    Object value = finishesCopies ? row.copiedValue() : row.value();
    if (value == null) {
      return;
    }
    @Nullable Object before =
        needsBefore || row.committedBytes() == null ? row.committedValue() : NOT_READ;
    byte[] keyBytes = row.key();
    Object key = keyCodec.decode(keyBytes, 0, keyBytes.length);
    Object after;
    @Nullable Object old;
    try {
      after = fold.finish(value);
      old = before == null || !needsBefore ? null : fold.finish(before);
    } catch (Exception e) {
      throw finishFailed(e, key);
    }
    long timeMs = row.changedMs();
    if (before == null) {
      next.emit(new Change<>(Change.Kind.INSERT, key, after), timeMs, FrameFormat.RECORD);
      return;
    }
    if (old != null) {
      next.emit(new Change<>(Change.Kind.UPDATE_BEFORE, key, old), timeMs, FrameFormat.RECORD);
    }
    next.emit(new Change<>(Change.Kind.UPDATE_AFTER, key, after), timeMs, FrameFormat.RECORD);
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
