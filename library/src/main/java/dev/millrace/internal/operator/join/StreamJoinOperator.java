package dev.millrace.internal.operator.join;

import dev.millrace.internal.operator.Arrivals;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.JoinHead;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.plan.TwoStreams;
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
 * each commit, even in the middle of a firing. I3: every record that would be emitted by itself is
 * due after the time up to which this operator has fired, or firing is under way; so that happens
 * once.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class StreamJoinOperator implements KeyedOperator {

  private final Side left;
  private final Side right;

  /** The windows that records meet in; null if they meet within an interval. */
  private final @Nullable Slicing windows;

  private final JoinPlace place;
  private final RowStore<Object> heads;
  private final TimeIndex<Object> expiries;
  private final Arrivals arrivals;
  private final Pairs pairs;
  private final RowPrefetch prefetch;
  private final TransactionRoom room;
  private final Guard guard;

  /**
   * The time up to which this operator has fired, or is firing: what is older may have missed a
   * record that is gone.
   */
  private long firesUpTo;

  /** {@return the operator of one task} */
  public static StreamJoinOperator of(StageStreamJoin plan, OperatorContext context) {
    return new StreamJoinOperator(plan.join(), context);
  }

  private StreamJoinOperator(KeyedOperation.StreamJoin join, OperatorContext context) {
    this.heads = context.rows(StageStreamJoin.HEADS);
    this.room = context.room();
    this.expiries = TimeIndex.of(context.rows(StageStreamJoin.EXPIRIES), room);
    this.arrivals = new Arrivals(context.rows(StageStreamJoin.ARRIVALS));
    this.pairs = new Pairs(join.function(), context);
    this.prefetch = new RowPrefetch(heads);
    this.guard = context.guard();
    this.firesUpTo = context.firedUpTo(TimeDomain.EVENT);
    Reach ofLeft;
    Reach ofRight;
    if (join.bounds() instanceof JoinBounds.Interval interval) {
      ofLeft = Reach.interval(interval.lowerMs(), interval.upperMs());
      ofRight = Reach.interval(negated(interval.upperMs()), negated(interval.lowerMs()));
      windows = null;
      place = JoinPlace.ofKeys();
    } else {
      ofLeft = Reach.window();
      ofRight = ofLeft;
      windows = Slicing.of(((JoinBounds.SameWindow) join.bounds()).window()).orElseThrow();
      place = JoinPlace.ofWindows();
    }
    this.left =
        side(
            TwoStreams.LEFT,
            ofLeft,
            join.leftType(),
            join.kind().keepsLeft(),
            join.lateLeft(),
            context);
    this.right =
        side(
            TwoStreams.LEFT + 1,
            ofRight,
            join.rightType(),
            join.kind().keepsRight(),
            join.lateRight(),
            context);
  }

  private static long negated(long bound) {
    return bound == Long.MIN_VALUE ? Long.MAX_VALUE : -bound;
  }

  private static Side side(
      int input,
      Reach reach,
      Type type,
      boolean keepsUnmatched,
      Optional<OutputTag<?>> late,
      OperatorContext context) {
    String store = input == TwoStreams.LEFT ? StageStreamJoin.LEFT : StageStreamJoin.RIGHT;
    Buffer buffer =
        new Buffer(
            context.rows(store),
            reach,
            keepsUnmatched,
            !Types.isImmutable(type),
            context.copying(store));
    return new Side(input, buffer, new LateOutput(late, context));
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    if (windows == null) {
      prefetch.want(record);
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
    Side own = input == TwoStreams.LEFT ? left : right;
    Side other = own.isLeft() ? right : left;
    if (record.isTooFarAhead()) {
      own.late().take(record, Late.Reason.TOO_FAR_AHEAD);
    } else if (windows != null) {
      onRecord(own, other, record, windows);
    } else if (((Reach.Interval) own.buffer().reach()).isLate(record.timeMs(), firesUpTo)) {
      own.late().take(record, Late.Reason.BEHIND_WATERMARK);
    } else {
      Object kept = own.buffer().kept(record.value(), guard);
      if (kept != null) {
        place.move(record);
        meet(own, other, record, kept);
      }
    }
  }

  /** Takes a record into each of its windows that is open. */
  private void onRecord(Side own, Side other, KeyedRecord record, Slicing slicing) {
    long slice = slicing.sliceEnd(record.timeMs());
    if (slice == Slicing.GAP) {
      own.late().takeFromGap(record);
      return;
    }
    long last = slicing.lastWindowEnd(slice);
    if (last <= firesUpTo) {
      own.late().take(record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    // Once for all windows: a record that cannot be written is dropped once.
    Object kept = own.buffer().kept(record.value(), guard);
    if (kept == null) {
      return;
    }
    long end = slicing.firstWindowEnd(slice);
    if (end <= firesUpTo) {
      own.late().notePartly(record);
      end = slicing.nextWindowEnd(firesUpTo);
    }
    while (true) {
      place.move(record, end);
      meet(own, other, record, kept);
      if (end >= last) {
        return;
      }
      end = slicing.nextWindowEnd(end);
    }
  }

  /**
   * Joins a record with those of the other side at its place, and lets it wait for more.
   *
   * @param kept the record as rows may keep it
   */
  private void meet(Side own, Side other, KeyedRecord record, Object kept) {
    long timeMs = Math.min(record.timeMs(), Reach.LAST_MS);
    Row<Object> headRow = heads.row(place.bytes(), place.offset(), place.length(), place.hash());
    JoinHead head = head(headRow);
    boolean matched = probe(own, other, other.first(head), timeMs, kept);
    long arrival = arrivals.take();
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
    pairs.join(place, own, kept, other, row, own.buffer().reach().resultMs(place, timeMs, otherMs));
  }

  // ------------------------------------------------------------------ time

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    if (domain != TimeDomain.EVENT || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    // This is done even if time stands still: a firing that filled its transaction is resumed.
    return expiries.fireBefore(watermarkMs, this::expire);
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
    pairs.alone(place, side, value, side.buffer().reach().resultMs(place, timeMs, timeMs));
  }

  @Override
  public void beforeCommit() {
    arrivals.beforeCommit();
  }
}
