package dev.millrace.internal.operator.join;

import dev.millrace.function.JoinFunction;
import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.JoinHead;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.Slicing;
import dev.millrace.output.OutputTag;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The join of two streams by key within bounds of time: a record meets those of the other side that
 * have arrived before it, and then waits for those that arrive after it, until the watermark shows
 * that none will.
 *
 * <p>What waits is in one {@link Buffer} for each side. Each place that has records has a head,
 * which shows whether a side has any, or a single one: most keys have one record on each side, and
 * nothing is scanned for those. And it has one entry in the time index, at the time when a record
 * has to go, so that a record is one row, not two. In windows that overlap a record is at one place
 * for each of them.
 *
 * <p>I1: the head of a place has the times of the first records on both sides, and there is none if
 * there are no records. I2: the index has one entry for each head, at {@link #dueMs}. Both hold at
 * each commit, also amid a firing. I3: every record that would be emitted by itself is due after
 * the time up to which this operator has fired, or firing is under way; so that happens once.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class StreamJoinOperator implements KeyedOperator {

  /** A pair on which the function failed, or one record without a match, in a dead letter. */
  record PairLetter(Object key, @Nullable Object left, @Nullable Object right) {}

  private static final byte[] NEXT_ARRIVAL = {0};

  private final JoinFunction<@Nullable Object, @Nullable Object, Object> function;
  private final Side left;
  private final Side right;

  /** The windows that records meet in; null if they meet within an interval. */
  private final @Nullable Slicing windows;

  private final Place place;
  private final RowStore<Object> heads;
  private final TimeIndex<Object> expiries;
  private final RowStore<Object> numbers;
  private final RowPrefetch prefetch;
  private final TransactionRoom room;
  private final KeyCodec<Object> keys;
  private final Guard guard;
  private final Output next;
  private final OperatorContext context;

  private long firedUpTo;
  private long nextArrival;
  private boolean arrived;

  /**
   * One side of the join.
   *
   * @param late the output for late records
   * @param hasLateOutput whether the program has named it
   */
  private record Side(int input, Buffer buffer, Output late, boolean hasLateOutput) {

    boolean isLeft() {
      return input == KeyedOperation.StreamJoin.LEFT;
    }

    JoinFirst first(JoinHead head) {
      return isLeft() ? head.left() : head.right();
    }

    JoinHead with(JoinHead head, JoinFirst first) {
      return isLeft() ? new JoinHead(first, head.right()) : new JoinHead(head.left(), first);
    }
  }

  /** {@return the operator of one task} */
  public static StreamJoinOperator of(StageStreamJoin plan, OperatorContext context) {
    return new StreamJoinOperator(plan.join(), context);
  }

  @SuppressWarnings("unchecked") // the builder's types say what arrives
  private StreamJoinOperator(KeyedOperation.StreamJoin join, OperatorContext context) {
    this.function = (JoinFunction<@Nullable Object, @Nullable Object, Object>) join.function();
    this.context = context;
    this.heads = context.rows(StageStreamJoin.HEADS);
    this.room = context.room();
    this.expiries = TimeIndex.of(context.rows(StageStreamJoin.EXPIRIES), room);
    this.numbers = context.rows(StageStreamJoin.ARRIVALS);
    this.prefetch = new RowPrefetch(heads);
    this.keys = context.keys();
    this.guard = context.guard();
    this.next = context.next();
    this.firedUpTo = context.firedUpTo(TimeDomain.EVENT);
    Object number = numbers.row(NEXT_ARRIVAL).value();
    this.nextArrival = number == null ? 0 : (Long) number;
    Reach ofLeft;
    Reach ofRight;
    if (join.bounds() instanceof JoinBounds.Interval interval) {
      ofLeft = Reach.interval(interval.lowerMs(), interval.upperMs());
      ofRight = Reach.interval(negated(interval.upperMs()), negated(interval.lowerMs()));
      windows = null;
      place = Place.ofKeys();
    } else {
      ofLeft = Reach.window();
      ofRight = ofLeft;
      windows = Slicing.of(((JoinBounds.SameWindow) join.bounds()).window()).orElseThrow();
      place = Place.ofWindows();
    }
    this.left =
        side(
            KeyedOperation.StreamJoin.LEFT,
            ofLeft,
            join.leftType(),
            join.kind().keepsLeft(),
            join.lateLeft());
    this.right =
        side(
            KeyedOperation.StreamJoin.LEFT + 1,
            ofRight,
            join.rightType(),
            join.kind().keepsRight(),
            join.lateRight());
  }

  private static long negated(long bound) {
    return bound == Long.MIN_VALUE ? Long.MAX_VALUE : -bound;
  }

  private Side side(
      int input, Reach reach, Type type, boolean keepsUnmatched, Optional<OutputTag<?>> late) {
    String store =
        input == KeyedOperation.StreamJoin.LEFT ? StageStreamJoin.LEFT : StageStreamJoin.RIGHT;
    Buffer buffer =
        new Buffer(
            context.rows(store),
            reach,
            keepsUnmatched,
            !Types.isImmutable(type),
            context.copying(store));
    Output output = late.map(tag -> context.side(tag.name())).orElse(Output.NONE);
    return new Side(input, buffer, output, late.isPresent());
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    if (windows == null) {
      prefetch.want(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
      return;
    }
    long slice = windows.sliceEnd(record.timeMs());
    if (slice != Slicing.GAP) {
      place.move(record, windows.firstWindowEnd(slice));
      prefetch.want(place.bytes(), place.offset(), place.length(), place.hash());
    }
  }

  // ------------------------------------------------------------------ records

  @Override
  public void onRecord(int input, KeyedRecord record) {
    Side own = input == KeyedOperation.StreamJoin.LEFT ? left : right;
    Side other = own.isLeft() ? right : left;
    if (record.isTooFarAhead()) {
      late(own, record, Late.Reason.TOO_FAR_AHEAD);
    } else if (windows != null) {
      onRecord(own, other, record, windows);
    } else if (((Reach.Interval) own.buffer().reach()).isLate(record.timeMs(), firedUpTo)) {
      late(own, record, Late.Reason.BEHIND_WATERMARK);
    } else {
      place.move(record);
      meet(own, other, record);
    }
  }

  /** Takes a record into each of its windows that is open. */
  private void onRecord(Side own, Side other, KeyedRecord record, Slicing slicing) {
    long slice = slicing.sliceEnd(record.timeMs());
    if (slice == Slicing.GAP) {
      context.late().countInGap(record.weight());
      return;
    }
    long last = slicing.lastWindowEnd(slice);
    if (last <= firedUpTo) {
      late(own, record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    long end = slicing.firstWindowEnd(slice);
    if (end <= firedUpTo) {
      context.late().countPartly(record.weight());
      end = slicing.nextWindowEnd(firedUpTo);
    }
    while (true) {
      place.move(record, end);
      meet(own, other, record);
      if (end >= last) {
        return;
      }
      end = slicing.nextWindowEnd(end);
    }
  }

  private void late(Side side, KeyedRecord record, Late.Reason reason) {
    context.late().count(reason, record.weight());
    if (side.hasLateOutput()) {
      Instant time = Instant.ofEpochMilli(record.timeMs());
      side.late().emit(new Late<>(record.value(), time, reason), record.timeMs(), record.kind());
    }
  }

  /** Joins a record with those of the other side at its place, and lets it wait for more. */
  private void meet(Side own, Side other, KeyedRecord record) {
    Object kept = kept(own.buffer(), record.value());
    if (kept == null) {
      return;
    }
    long timeMs = Math.min(record.timeMs(), Reach.LAST_MS);
    Row<Object> headRow = heads.row(place.bytes(), place.offset(), place.length(), place.hash());
    JoinHead head = head(headRow);
    boolean matched = probe(own, other, other.first(head), timeMs, kept);
    arrived = true;
    long arrival = nextArrival++;
    own.buffer().add(place, timeMs, arrival, kept, matched);
    JoinFirst first = own.first(head);
    JoinFirst now = first.and(timeMs, arrival);
    if (!now.equals(first)) {
      JoinHead after = own.with(head, now);
      moveEntry(dueMs(head), dueMs(after));
      headRow.set(after);
    }
  }

  private static JoinHead head(Row<Object> row) {
    JoinHead head = (JoinHead) row.value();
    return head == null ? JoinHead.NONE : head;
  }

  private void moveEntry(long beforeMs, long afterMs) {
    if (afterMs != beforeMs) {
      if (beforeMs != JoinFirst.NONE.timeMs()) {
        expiries.remove(beforeMs, place.copy());
      }
      expiries.putNew(afterMs, place.bytes(), place.offset(), place.length(), true);
    }
  }

  /** {@return the record as a row may keep it, or null if it cannot be written and was dropped} */
  private @Nullable Object kept(Buffer buffer, Object value) {
    try {
      return buffer.kept(value);
    } catch (Exception e) {
      return guard.recover(null, e, () -> buffer.kept(value));
    }
  }

  /** The time of a place's entry in the index. */
  private long dueMs(JoinHead head) {
    return Math.min(
        left.buffer().staysUntilMs(place, head.left()),
        right.buffer().staysUntilMs(place, head.right()));
  }

  /** Joins a record with those that wait for it; returns whether there is any. */
  private boolean probe(Side own, Side other, JoinFirst first, long timeMs, Object kept) {
    Reach reach = own.buffer().reach();
    if (first.isNone() || first.timeMs() > reach.toMs(timeMs)) {
      return false;
    }
    if (first.isOnly()) {
      if (first.timeMs() < reach.fromMs(timeMs)) {
        return false;
      }
      join(own, other, timeMs, kept, other.buffer().only(place, first));
      return true;
    }
    boolean matched = false;
    try (RowScan<Object> scan =
        other.buffer().scan(place, reach.fromMs(timeMs), reach.toMs(timeMs))) {
      while (scan.next()) {
        join(own, other, timeMs, kept, scan.row());
        matched = true;
      }
    }
    return matched;
  }

  private void join(Side own, Side other, long timeMs, Object kept, Row<Object> row) {
    long otherMs = other.buffer().met(row);
    Object result;
    try {
      result = joined(own, kept, other, row);
    } catch (Exception e) {
      result =
          guard.recoverResult(
              () -> letter(own, own.buffer().handedOut(kept), other.buffer().handedOut(row)),
              e,
              () -> joined(own, kept, other, row));
    }
    if (result != null) {
      next.emit(result, own.buffer().reach().resultMs(place, timeMs, otherMs), FrameFormat.RECORD);
    }
  }

  /** Each attempt gets objects that no other has changed. */
  private Object joined(Side own, Object kept, Side other, Row<Object> row) throws Exception {
    Object mine = own.buffer().handedOut(kept);
    Object others = other.buffer().handedOut(row);
    return checked(own.isLeft() ? function.join(mine, others) : function.join(others, mine));
  }

  private static Object checked(@Nullable Object result) {
    if (result == null) {
      throw new NullPointerException("the function of the join returned null");
    }
    return result;
  }

  private PairLetter letter(Side side, Object value, @Nullable Object other) {
    Object key = keys.decode(place.bytes(), place.offset(), place.keyLength());
    return side.isLeft() ? new PairLetter(key, value, other) : new PairLetter(key, other, value);
  }

  // ------------------------------------------------------------------ time

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    if (domain != TimeDomain.EVENT || watermarkMs < firedUpTo) {
      return true;
    }
    // This is done even if time stands still: a firing that filled its transaction is resumed.
    if (!expiries.fireBefore(watermarkMs, this::expire)) {
      return false;
    }
    firedUpTo = watermarkMs;
    return true;
  }

  /** Drops what is due at a place; if the transaction is full, its entry is due again. */
  private void expire(DueRows<Object> due) {
    place.move(due.bytes(), due.keyOffset(), due.keyLength());
    long upToMs = due.upToMs();
    Row<Object> row = heads.row(place.bytes(), place.offset(), place.length(), place.hash());
    JoinHead head = head(row);
    JoinFirst leftFirst = expire(left, head, upToMs);
    JoinFirst rightFirst = expire(right, head, upToMs);
    if (leftFirst.isNone() && rightFirst.isNone()) {
      row.delete();
      return;
    }
    JoinHead now = new JoinHead(leftFirst, rightFirst);
    row.set(now);
    expiries.putNew(dueMs(now), place.bytes(), place.offset(), place.length(), true);
  }

  private JoinFirst expire(Side side, JoinHead head, long upToMs) {
    return side.buffer()
        .expire(
            place,
            side.first(head),
            upToMs,
            room,
            (timeMs, value) -> unmatched(side, timeMs, value));
  }

  private void unmatched(Side side, long timeMs, Object value) {
    Object result;
    try {
      result = alone(side, value);
    } catch (Exception e) {
      result =
          guard.recoverResult(
              () -> letter(side, side.buffer().handedOut(value), null),
              e,
              () -> alone(side, value));
    }
    if (result != null) {
      long resultMs = side.buffer().reach().resultMs(place, timeMs, timeMs);
      next.emit(result, resultMs, FrameFormat.RECORD);
    }
  }

  @SuppressWarnings("NullAway") // functions of joins that keep a side get null for the other
  private Object alone(Side side, Object value) throws Exception {
    Object own = side.buffer().handedOut(value);
    return checked(side.isLeft() ? function.join(own, null) : function.join(null, own));
  }

  @Override
  public void beforeCommit() {
    if (arrived) {
      arrived = false;
      numbers.row(NEXT_ARRIVAL).set(nextArrival);
    }
  }
}
