package dev.millrace.internal.operator.join;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.JoinSide;
import dev.millrace.internal.plan.RowsFunction;
import dev.millrace.internal.plan.StageTableJoin;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Hashing;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The join of any number of tables by their common key: a table, of which nothing is kept but the
 * rows that it is made of.
 *
 * <p>A key of which any table has changed in the transaction emits one change before the commit,
 * from the result of the committed rows to that of the present ones; so a key changes once, however
 * many of its tables do, and not at all if both results are equal. The function gets objects that
 * nobody else has, if they can be changed.
 *
 * <p>The time of a change is the largest of the times of the key's rows. It never goes back while
 * the result is there: of a row that is deleted its time is kept ({@link Upserted} without a row)
 * for as long.
 *
 * <p>I1: at a commit, a key without a result has no row that stands for a time only.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TableJoinOperator implements KeyedOperator {

  /** The rows of a key on which the function failed, in a dead letter. */
  record RowsLetter(Object key, List<@Nullable Object> rows) {}

  /** The state of the rows that a result is made of. */
  private enum State {
    COMMITTED,
    PRESENT
  }

  private final List<Side> sides = new ArrayList<>();
  private final RowsFunction function;
  private final KeyCodec<Object> keys;
  private final Guard guard;
  private final Output next;
  private final OperatorContext context;
  private long watermarkMs;

  /**
   * One of the tables.
   *
   * @param kept copies what arrives, if it can be changed
   */
  private record Side(
      RowStore<Object> rows,
      RowPrefetch prefetch,
      UnaryOperator<Object> kept,
      boolean isMutable,
      boolean isNeeded) {

    /** {@return the row of a key in a state, an object that nobody changes} */
    @Nullable Object value(Row<Object> row, State state) {
      Object found;
      if (!isMutable && (state == State.PRESENT || !row.dirty())) {
        found = row.value();
      } else {
        found = state == State.PRESENT ? row.copiedValue() : row.committedValue();
      }
      return found == null ? null : ((Upserted<?>) found).row();
    }
  }

  /** {@return the operator of one task} */
  public static TableJoinOperator of(StageTableJoin plan, OperatorContext context) {
    return new TableJoinOperator(plan, context);
  }

  private TableJoinOperator(StageTableJoin plan, OperatorContext context) {
    for (JoinSide side : plan.join().sides()) {
      String store = StageTableJoin.store(sides.size());
      RowStore<Object> rows = context.rows(store);
      sides.add(
          new Side(
              rows,
              new RowPrefetch(rows),
              context.copying(store),
              !Types.isImmutable(side.rowType()),
              side.isNeeded()));
    }
    this.function = plan.join().function();
    this.keys = context.keys();
    this.guard = context.guard();
    this.next = context.next();
    this.context = context;
    this.watermarkMs = context.firedUpTo(TimeDomain.EVENT);
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return sides.get(input).prefetch();
  }

  @Override
  public void want(int input, KeyedRecord record) {
    prefetch(input).want(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
  }

  // ------------------------------------------------------------------ changes of the tables

  @Override
  public void onRecord(int input, KeyedRecord record) {
    Side side = sides.get(input);
    Row<Object> row =
        side.rows().row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    Upserted<?> newest = kept(side, record.value());
    if (newest.row() == null && row.committedBytes() == null) {
      if (row.exists()) {
        row.delete();
      }
      return;
    }
    row.set(newest);
    if (!record.isTooFarAhead()) {
      row.changedAt(record.timeMs());
    }
  }

  /** A row that cannot be written is dropped: the old one must not stay in its place. */
  private Upserted<?> kept(Side side, Object value) {
    Object kept;
    try {
      kept = side.kept().apply(value);
    } catch (Exception e) {
      kept = guard.recover(null, e, () -> side.kept().apply(value));
    }
    return kept == null ? new Upserted<>(null) : (Upserted<?>) kept;
  }

  @Override
  public boolean onTime(TimeDomain domain, long newWatermarkMs) {
    if (domain == TimeDomain.EVENT) {
      watermarkMs = newWatermarkMs;
    }
    return true;
  }

  // ------------------------------------------------------------------ changes of the result

  @Override
  public boolean holdsResults() {
    for (Side side : sides) {
      if (side.rows().hasChanges()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void beforeCommit() {
    loadOthers();
    for (int i = 0; i < sides.size(); i++) {
      int input = i;
      sides.get(i).rows().forEachDirty(row -> emitChange(input, row));
    }
  }

  /** Reads what the other tables have for the keys that have changed, all at once. */
  private void loadOthers() {
    for (Side changed : sides) {
      changed
          .rows()
          .forEachDirty(
              row -> {
                byte[] bytes = row.fullKey();
                int hash = Hashing.murmur2(bytes, row.keyOffset(), row.keyLength());
                for (Side other : sides) {
                  if (other.rows() != changed.rows()) {
                    other.rows().want(bytes, row.keyOffset(), row.keyLength(), hash);
                  }
                }
              });
    }
    sides.forEach(side -> side.rows().loadWanted());
  }

  private void emitChange(int input, Row<Object> changed) {
    byte[] keyBytes = changed.key();
    int hash = Hashing.murmur2(keyBytes, 0, keyBytes.length);
    List<Row<Object>> rows = new ArrayList<>(sides.size());
    for (int i = 0; i < sides.size(); i++) {
      Row<Object> row =
          i == input ? changed : sides.get(i).rows().row(keyBytes, 0, keyBytes.length, hash);
      if (i < input && row.isChanged()) {
        return; // emitted when that table's turn was
      }
      rows.add(row);
    }
    Object key = keys.decode(keyBytes, 0, keyBytes.length);
    Object before = result(key, rows, State.COMMITTED);
    Object after = result(key, rows, State.PRESENT);
    if (!Objects.equals(before, after)) {
      next.emit(new Revision(key, before, after), timeMs(rows), FrameFormat.RECORD);
    }
    if (after == null) {
      rows.forEach(TableJoinOperator::deleteTime);
    }
  }

  private static void deleteTime(Row<Object> row) {
    Object value = row.value();
    if (value != null && ((Upserted<?>) value).row() == null) {
      row.delete();
    }
  }

  /**
   * {@return the result, null if there is none: rows that are needed are missing, or the function
   * failed on them and they were dropped}
   *
   * <p>What fails on the committed rows did so when they were new, so that there is nothing to take
   * back. It is reported once more all the same, since nothing else shows a function that is not
   * deterministic.
   */
  private @Nullable Object result(Object key, List<Row<Object>> rows, State state) {
    List<@Nullable Object> values = values(rows, state);
    if (!isThere(values)) {
      return null;
    }
    try {
      return joined(values);
    } catch (Exception e) {
      return guard.recoverResult(
          () -> new RowsLetter(key, values(rows, state)), e, () -> joined(values(rows, state)));
    }
  }

  private Object joined(List<@Nullable Object> values) throws Exception {
    return Objects.requireNonNull(
        function.join(values),
        "the function of the join returned null; filter the row out instead");
  }

  /** Each attempt gets objects that no other has changed. */
  private List<@Nullable Object> values(List<Row<Object>> rows, State state) {
    List<@Nullable Object> values = new ArrayList<>(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      values.add(sides.get(i).value(rows.get(i), state));
    }
    return Collections.unmodifiableList(values);
  }

  private boolean isThere(List<@Nullable Object> values) {
    boolean any = false;
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) != null) {
        any = true;
      } else if (sides.get(i).isNeeded()) {
        return false;
      }
    }
    return any;
  }

  private long timeMs(List<Row<Object>> rows) {
    long latest = StoredValueFormat.NO_TIME;
    for (Row<Object> row : rows) {
      latest = Math.max(latest, row.timeMs());
    }
    if (latest != StoredValueFormat.NO_TIME) {
      return latest;
    }
    boolean known = watermarkMs != Watermarks.UNKNOWN && watermarkMs != Watermarks.END_OF_TIME;
    return known ? watermarkMs : context.clockMs();
  }
}
