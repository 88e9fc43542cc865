package dev.millrace.internal.operator.join;

import dev.millrace.function.JoinFunction;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Phase;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscription;
import dev.millrace.internal.plan.ForeignKeyJoin.VersionedResult;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.time.TimeDomain;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The middle of a join by a foreign key: it has the right rows, and the left ones by (foreign key,
 * key). A left row that arrives is joined at once, and those of a foreign key are joined again when
 * its right row changes.
 *
 * <p>They may be more than a transaction takes. Then it goes on after the commit, from the key that
 * is noted; what it has not reached has the result of the old row until then.
 *
 * <p>I1: a left row whose last result is not that of the present right row is at or after the noted
 * key of its foreign key. I2: there is at most one noted key for each foreign key.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ForeignKeyRight implements KeyedOperator {

  private final JoinFunction<Object, @Nullable Object, Object> function;
  private final boolean keepsLeft;
  private final RowStore<Object> rights;
  private final RowStore<Object> lefts;
  private final RowStore<Object> pending;
  private final UnaryOperator<Object> kept;
  private final boolean leftIsMutable;
  private final boolean rightIsMutable;
  private final RowPrefetch prefetch;
  private final KeyCodec<Object> leftKeys;
  private final TransactionRoom room;
  private final Guard guard;
  private final Output next;
  private final ByteWriter place = new ByteWriter();

  private boolean hasPending;

  /** {@return the operator of one task} */
  public static ForeignKeyRight of(ForeignKeyJoin.Right plan, OperatorContext context) {
    return new ForeignKeyRight(plan, context);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private ForeignKeyRight(ForeignKeyJoin.Right plan, OperatorContext context) {
    this.function = (JoinFunction<Object, @Nullable Object, Object>) plan.function();
    this.keepsLeft = plan.kind().keepsLeft();
    this.rights = context.rows(ForeignKeyJoin.Right.RIGHT);
    this.lefts = context.rows(ForeignKeyJoin.Right.LEFT);
    this.pending = context.rows(ForeignKeyJoin.Right.PENDING);
    this.kept = context.copying(ForeignKeyJoin.Right.RIGHT);
    this.leftIsMutable = !Types.isImmutable(plan.leftType());
    this.rightIsMutable = !Types.isImmutable(plan.rightType());
    this.prefetch = new RowPrefetch(rights);
    this.leftKeys = (KeyCodec<Object>) KeyCodecs.forType(plan.leftKeyType());
    this.room = context.room();
    this.guard = context.guard();
    this.next = context.next();
    this.hasPending = pending.any(new byte[0], null);
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
    Row<Object> right =
        rights.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    place.clear();
    place.writeVarint(record.keyLength());
    place.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    if (input == ForeignKeyJoin.Right.ROWS) {
      onRow(right, record);
    } else {
      onSubscription((Subscription<?, ?>) record.value(), right, record.timeMs());
    }
  }

  // ------------------------------------------------------------------ left rows

  private void onSubscription(Subscription<?, ?> subscription, Row<Object> right, long timeMs) {
    Object key = subscription.key();
    leftKeys.encode(key, place);
    int hash = Hashing.murmur2(place.array(), 0, place.size());
    Row<Object> left = lefts.row(place.array(), 0, place.size(), hash);
    if (subscription.row() == null) {
      left.delete();
      answer(key, subscription.version(), subscription.phase(), null, timeMs);
      return;
    }
    left.set(subscription);
    left.changedAt(timeMs);
    answer(left, right, subscription.phase(), timeMs);
  }

  // ------------------------------------------------------------------ right rows

  private void onRow(Row<Object> right, KeyedRecord record) {
    Object row = ((Upserted<?>) kept(record.value())).row();
    if (row == null) {
      right.delete();
    } else {
      right.set(row);
    }
    right.changedAt(record.timeMs());
    byte[] prefix = place.toByteArray();
    if (hasPending) {
      pending.deleteRange(prefix, RowStore.successor(prefix));
    }
    goOn(prefix, prefix, right, record.timeMs());
  }

  /** A row that cannot be written is dropped: the old one must not stay in its place. */
  private Object kept(Object value) {
    Object row = ((Upserted<?>) value).row();
    if (row == null) {
      return value;
    }
    Object copy;
    try {
      copy = kept.apply(row);
    } catch (Exception e) {
      copy = guard.recover(null, e, () -> kept.apply(row));
    }
    return new Upserted<>(copy);
  }

  /**
   * Joins the left rows of a foreign key with its right row; returns false if there are more, since
   * the transaction is full.
   */
  private boolean goOn(byte[] prefix, byte[] from, Row<Object> right, long timeMs) {
    try (RowScan<Object> scan = lefts.scan(from, RowStore.successor(prefix))) {
      while (scan.next()) {
        Row<Object> left = scan.row();
        if (!room.isLeft()) {
          pending.row(left.key()).set(timeMs);
          hasPending = true;
          return false;
        }
        answer(left, right, Phase.GOES_ON, timeMs);
      }
    }
    return true;
  }

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    return !hasPending || goOnPending();
  }

  @Override
  public boolean looksAtClock() {
    return true;
  }

  @Override
  public ClockOutcome onClock(long wallMs) {
    if (!hasPending) {
      return ClockOutcome.NOTHING;
    }
    return goOnPending() ? ClockOutcome.DONE : ClockOutcome.MORE;
  }

  private boolean goOnPending() {
    byte[] from = pending.firstKey(new byte[0], null);
    while (from != null) {
      Row<Object> noted = pending.row(from);
      long timeMs = (Long) Objects.requireNonNull(noted.value());
      noted.delete();
      ByteReader reader = new ByteReader(from);
      int length = reader.readVarint();
      int begin = reader.position();
      int hash = Hashing.murmur2(from, begin, length);
      Row<Object> right = rights.row(from, begin, length, hash);
      if (!goOn(Arrays.copyOf(from, begin + length), from, right, timeMs)) {
        return false;
      }
      from = pending.firstKey(new byte[0], null);
    }
    hasPending = false;
    return true;
  }

  // ------------------------------------------------------------------ results

  private void answer(Row<Object> left, Row<Object> right, Phase phase, long timeMs) {
    Subscription<?, ?> subscription = (Subscription<?, ?>) Objects.requireNonNull(left.value());
    Object result = null;
    if (keepsLeft || right.exists()) {
      try {
        result = joined(left, right);
      } catch (Exception e) {
        result = guard.recoverResult(() -> letter(left, right), e, () -> joined(left, right));
      }
    }
    long latest = Math.max(timeMs, Math.max(left.timeMs(), right.timeMs()));
    answer(subscription.key(), subscription.version(), phase, result, latest);
  }

  private void answer(Object key, long version, Phase phase, @Nullable Object result, long timeMs) {
    VersionedResult<?> versioned = new VersionedResult<>(version, phase, result);
    next.emit(new Answer(key, versioned), timeMs, FrameFormat.RECORD);
  }

  private PairLetter letter(Row<Object> left, Row<Object> right) {
    Subscription<?, ?> subscription = (Subscription<?, ?>) Objects.requireNonNull(left.value());
    return new PairLetter(subscription.key(), leftOf(left), rightOf(right));
  }

  /** Each attempt gets objects that no other has changed. */
  @SuppressWarnings("NullAway") // functions of left joins get null where there is no row
  private Object joined(Row<Object> left, Row<Object> right) throws Exception {
    return Objects.requireNonNull(
        function.join(leftOf(left), rightOf(right)), "the function of the join returned null");
  }

  private Object leftOf(Row<Object> left) {
    Object value = leftIsMutable ? left.copiedValue() : left.value();
    return Objects.requireNonNull(((Subscription<?, ?>) Objects.requireNonNull(value)).row());
  }

  private @Nullable Object rightOf(Row<Object> right) {
    return rightIsMutable ? right.copiedValue() : right.value();
  }
}
