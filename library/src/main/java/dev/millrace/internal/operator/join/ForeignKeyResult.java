package dev.millrace.internal.operator.join;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Phase;
import dev.millrace.internal.plan.ForeignKeyJoin.ResultRow;
import dev.millrace.internal.plan.ForeignKeyJoin.VersionedResult;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.type.Types;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The right end of a join by a foreign key, where the results of a left key come together: that of
 * the newest version counts.
 *
 * <p>A result of an older version is dropped, also if it comes after the row is gone. For that a
 * key without a result is kept until nothing older can come: the row has been at one place after
 * the other, and each of its moves is reported by both. What a place sends comes in order. So when
 * the row is gone and both have reported each move, every place that the row has left has sent its
 * last.
 *
 * <p>Changes are emitted once per key and commit, with the old row from the committed bytes.
 *
 * <p>I1: a key without a result is kept exactly as long as some move was reported by one place
 * only.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ForeignKeyResult implements KeyedOperator {

  private static final ResultRow<?> NONE = new ResultRow<>(Long.MIN_VALUE, null, List.of());

  private final RowStore<Object> rows;
  private final RowPrefetch prefetch;
  private final boolean isMutable;
  private final KeyCodec<Object> keys;
  private final Output next;

  /** {@return the operator of one task} */
  public static ForeignKeyResult of(ForeignKeyJoin.Result plan, OperatorContext context) {
    return new ForeignKeyResult(plan, context);
  }

  private ForeignKeyResult(ForeignKeyJoin.Result plan, OperatorContext context) {
    this.rows = context.rows("");
    this.prefetch = new RowPrefetch(rows);
    this.isMutable = !Types.isImmutable(plan.resultType());
    this.keys = context.keys();
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
        rows.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    VersionedResult<?> arrived = (VersionedResult<?>) record.value();
    ResultRow<?> before = row.value() == null ? NONE : (ResultRow<?>) row.value();
    List<Long> moves =
        arrived.phase() == Phase.GOES_ON
            ? before.moves()
            : reported(before.moves(), arrived.version());
    boolean counts = arrived.phase() != Phase.ENDS && arrived.version() >= before.version();
    long version = counts ? arrived.version() : before.version();
    Object result = counts ? arrived.result() : before.result();
    if (result != null || !moves.isEmpty()) {
      row.set(new ResultRow<>(version, result, moves));
    } else if (row.exists()) {
      row.delete();
    } else {
      return;
    }
    if (counts) {
      row.changedAt(record.timeMs());
    }
  }

  /** {@return the moves that one place has reported, and the other has not} */
  private static List<Long> reported(List<Long> moves, Long version) {
    List<Long> open = new ArrayList<>(moves);
    if (!open.remove(version)) {
      open.add(version);
    }
    return List.copyOf(open);
  }

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    return true;
  }

  @Override
  public boolean holdsResults() {
    return rows.hasChanges();
  }

  @Override
  public void beforeCommit() {
    rows.forEachDirty(this::emitChange);
  }

  private void emitChange(Row<Object> row) {
    Object before = resultOf(row.committedValue());
    Object after = resultOf(isMutable ? row.copiedValue() : row.value());
    if (!Objects.equals(before, after)) {
      byte[] keyBytes = row.key();
      Object key = keys.decode(keyBytes, 0, keyBytes.length);
      next.emit(new Revision(key, before, after), row.timeMs(), FrameFormat.RECORD);
    }
  }

  private static @Nullable Object resultOf(@Nullable Object row) {
    return row == null ? null : ((ResultRow<?>) row).result();
  }
}
