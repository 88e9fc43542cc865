package dev.millrace.internal.operator.join;

import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Located;
import dev.millrace.internal.plan.ForeignKeyJoin.Phase;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscribing;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscription;
import dev.millrace.internal.plan.ForeignKeyJoin.VersionedResult;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The left end of a join by a foreign key: it sends each row to the task of its foreign key, with a
 * version that increases from row to row, and takes it away from where it was before.
 *
 * <p>Versions are those of the task, not of the key, so that a key which comes back after its
 * deletion has a later one; nothing is kept of keys that are gone.
 *
 * <p>I1: the foreign key that is kept for a row is the last place that it was sent to.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ForeignKeyLeft implements KeyedOperator {

  private static final byte[] NEXT_VERSION = {0};

  private final ForeignKeyFunction<Object, Object> foreignKey;
  private final JoinFunction<Object, @Nullable Object, Object> function;
  private final boolean keepsLeft;
  private final RowStore<Object> places;
  private final RowStore<Object> versions;
  private final RowPrefetch prefetch;
  private final KeyCodec<Object> keys;
  private final KeyCodec<Object> foreignKeys;
  private final ByteWriter encoded = new ByteWriter();
  private final int largestKeyBytes;
  private final Guard guard;
  private final Output next;
  private final Output direct;

  /** {@return the operator of one task} */
  public static ForeignKeyLeft of(ForeignKeyJoin.Left plan, OperatorContext context) {
    return new ForeignKeyLeft(plan, context);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private ForeignKeyLeft(ForeignKeyJoin.Left plan, OperatorContext context) {
    this.foreignKey = (ForeignKeyFunction<Object, Object>) plan.foreignKey();
    this.function = (JoinFunction<Object, @Nullable Object, Object>) plan.function();
    this.keepsLeft = plan.kind().keepsLeft();
    this.places = context.rows("");
    this.versions = context.rows(ForeignKeyJoin.Left.VERSIONS);
    this.prefetch = new RowPrefetch(places);
    this.keys = context.keys();
    this.foreignKeys = (KeyCodec<Object>) KeyCodecs.forType(plan.foreignKeyType());
    this.largestKeyBytes = context.largestKeyBytes();
    this.guard = context.guard();
    this.next = context.next();
    this.direct = context.side(ForeignKeyJoin.DIRECT.name());
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
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    return true;
  }

  @Override
  public void onRecord(int input, KeyedRecord record) {
    Row<Object> placeRow =
        places.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    Located<?> before = (Located<?>) placeRow.value();
    Object asItCame = rowOf(record.value());
    Located<?> after = asItCame == null ? null : located(asItCame, record);
    if (before == null && after == null) {
      return;
    }
    Object key = keys.decode(record.bytes(), record.keyOffset(), record.keyLength());
    Object from = before == null ? null : before.foreignKey();
    Object to = after == null ? null : after.foreignKey();
    Object row = rowOf(record.value()); // which a further attempt may have got anew
    boolean moves = !Objects.equals(from, to);
    long version = nextVersion();
    if (moves) {
      leave(from, key, version, record);
    }
    Phase phase = moves ? Phase.BEGINS : Phase.GOES_ON;
    if (to != null) {
      emit(to, new Subscription<>(key, version, phase, row), record);
    } else {
      Object result = after == null || !keepsLeft ? null : unmatched(row, record);
      answer(key, version, phase, result, record);
    }
    if (after == null) {
      placeRow.delete();
    } else {
      placeRow.set(after);
    }
  }

  private static @Nullable Object rowOf(Object upserted) {
    return ((Upserted<?>) upserted).row();
  }

  /** {@return the row for a further attempt of a call that may have changed it} */
  private static Object rowAnew(KeyedRecord record) {
    return Objects.requireNonNull(rowOf(record.valueAnew()));
  }

  private void leave(@Nullable Object from, Object key, long version, KeyedRecord record) {
    if (from == null) {
      answer(key, version, Phase.ENDS, null, record);
    } else {
      emit(from, new Subscription<>(key, version, Phase.ENDS, null), record);
    }
  }

  private void emit(Object foreignKeyOf, Subscription<?, ?> subscription, KeyedRecord record) {
    next.emit(new Subscribing(foreignKeyOf, subscription), record.timeMs(), FrameFormat.RECORD);
  }

  private void answer(
      Object key, long version, Phase phase, @Nullable Object result, KeyedRecord record) {
    VersionedResult<?> versioned = new VersionedResult<>(version, phase, result);
    direct.emit(new Answer(key, versioned), record.timeMs(), FrameFormat.RECORD);
  }

  private long nextVersion() {
    Row<Object> row = versions.row(NEXT_VERSION);
    Object number = row.value();
    long version = number == null ? 1 : (Long) number;
    row.set(version + 1);
    return version;
  }

  /** {@return where a row goes; null if it is dropped, since the key function fails} */
  private @Nullable Located<?> located(Object row, KeyedRecord record) {
    int keyBytes = record.keyLength();
    try {
      return place(row, keyBytes);
    } catch (Exception e) {
      return guard.recover(row, e, () -> place(rowAnew(record), keyBytes));
    }
  }

  /**
   * A foreign key that cannot be written, or keys that are too large to be sent, would be dropped
   * on the way: the former result would stay, and moves be reported by one place only.
   */
  private Located<?> place(Object row, int keyBytes) throws Exception {
    Object key = foreignKey.foreignKey(row);
    encoded.clear();
    if (key != null) {
      foreignKeys.encode(key, encoded);
    }
    int bytes = keyBytes + encoded.size();
    if (bytes > largestKeyBytes) {
      throw new IllegalArgumentException(
          "the key and the foreign key of the row are too large to be sent ("
              + bytes
              + " bytes of at most "
              + largestKeyBytes
              + "; kafka.producer.max.request.size raises the limit)");
    }
    return new Located<>(key);
  }

  private @Nullable Object unmatched(@Nullable Object row, KeyedRecord record) {
    Object left = Objects.requireNonNull(row);
    try {
      return joined(left);
    } catch (Exception e) {
      return guard.recover(left, e, () -> joined(rowAnew(record)));
    }
  }

  @SuppressWarnings("NullAway") // functions of left joins get null where there is no row
  private Object joined(Object left) throws Exception {
    return Objects.requireNonNull(
        function.join(left, null), "the function of the join returned null");
  }
}
