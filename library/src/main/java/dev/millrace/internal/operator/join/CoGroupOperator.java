package dev.millrace.internal.operator.join;

import dev.millrace.internal.operator.Arrivals;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.CoGroupHead;
import dev.millrace.internal.plan.CoGroupHead.Phase;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.JoinHead;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.StageCoGroup;
import dev.millrace.internal.plan.TwoStreams;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.type.Types;
import dev.millrace.output.OutputTag;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * A co-group of two streams, or their join by sessions: records wait until a window of their key is
 * final, which is then seen as a whole, once.
 *
 * <p>What waits is in one {@link Buffer} for each side, a row for each record: a window is a range
 * of a key's rows, also where windows overlap. Each key that has records has a head, and one entry
 * in the time index, at the time at which its first window is due.
 *
 * <p>A window that has fired leaves its head {@link Phase#FIRED} until the records are dropped that
 * are in no later window, which may take several transactions. Its function is not called again.
 *
 * <p>I1: the head of a key has the times of the first records on both sides, and there is none if
 * there are no records. I2: the index has one entry for each head, at {@link CoGroupHead#dueMs}.
 * Both hold at each commit, even in the middle of a firing. I3: no window with records is due
 * before the time up to which this operator has fired, or firing is under way; so each is seen
 * once. Records that come meanwhile, as from an operator before this one that emits at a commit,
 * are in later windows or late.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class CoGroupOperator implements KeyedOperator {

  private final Side left;
  private final Side right;
  private final GroupWindows windows;
  private final GroupAction action;
  private final JoinPlace place = JoinPlace.ofKeys();
  private final RowStore<Object> heads;
  private final TimeIndex<Object> dues;
  private final Arrivals arrivals;
  private final RowPrefetch prefetch;
  private final TransactionRoom room;
  private final Guard guard;

  /**
   * The time up to which this operator has fired, or is firing: what is older is late for all keys,
   * whichever of them have fired by now.
   */
  private long firesUpTo;

  /** {@return the operator of one task} */
  public static CoGroupOperator of(StageCoGroup plan, OperatorContext context) {
    return new CoGroupOperator(plan, context);
  }

  private CoGroupOperator(StageCoGroup plan, OperatorContext context) {
    TwoStreams streams = plan.streams();
    boolean keepsPairs = streams instanceof KeyedOperation.StreamJoin;
    this.left =
        side(
            TwoStreams.LEFT,
            StageCoGroup.LEFT,
            streams.leftType(),
            streams.lateLeft(),
            keepsPairs,
            context);
    this.right =
        side(
            TwoStreams.LEFT + 1,
            StageCoGroup.RIGHT,
            streams.rightType(),
            streams.lateRight(),
            keepsPairs,
            context);
    this.windows = GroupWindows.of(plan.window(), left.buffer(), right.buffer());
    this.action =
        streams instanceof KeyedOperation.StreamJoin join
            ? new GroupPairs(join, windows, left, right, context)
            : new GroupCalls((CoGroup) streams, windows, left.buffer(), right.buffer(), context);
    this.heads = context.rows(StageCoGroup.HEADS);
    this.room = context.room();
    this.dues = TimeIndex.of(context.rows(StageCoGroup.DUE), room);
    this.arrivals = new Arrivals(context.rows(StageCoGroup.ARRIVALS));
    this.prefetch = new RowPrefetch(heads);
    this.guard = context.guard();
    this.firesUpTo = context.firedUpTo(TimeDomain.EVENT);
  }

  /** A record goes when its own time has been passed as a part of its windows. */
  private static Side side(
      int input,
      String store,
      Type type,
      Optional<OutputTag<?>> late,
      boolean keepsPairs,
      OperatorContext context) {
    Buffer buffer =
        new Buffer(
            context.rows(store),
            Reach.interval(0, 0),
            keepsPairs,
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
    prefetch.want(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
  }

  // ------------------------------------------------------------------ records

  @Override
  public void onRecord(int input, KeyedRecord record) {
    Side own = input == TwoStreams.LEFT ? left : right;
    if (record.isTooFarAhead()) {
      own.late().take(record, Late.Reason.TOO_FAR_AHEAD);
      return;
    }
    place.move(record);
    Row<Object> row = headRow();
    CoGroupHead head = head(row);
    long timeMs = Math.min(record.timeMs(), Reach.LAST_MS);
    switch (windows.fit(place, head, timeMs, firesUpTo)) {
      case ALL -> add(own, row, head, record, timeMs);
      case SOME -> {
        own.late().notePartly(record);
        add(own, row, head, record, timeMs);
      }
      case NONE -> own.late().take(record, Late.Reason.BEHIND_WATERMARK);
      case GAP -> own.late().takeFromGap(record);
    }
  }

  private void add(Side own, Row<Object> row, CoGroupHead head, KeyedRecord record, long timeMs) {
    Object kept = own.buffer().kept(record.value(), guard);
    if (kept == null) {
      return;
    }
    long arrival = arrivals.take();
    own.buffer().add(place, timeMs, arrival, kept, false);
    CoGroupHead now = dueWith(timeMs, head);
    JoinFirst before = own.first(head.firsts());
    JoinFirst first = before.and(timeMs, arrival);
    if (!first.equals(before)) {
      now = now.with(own.with(head.firsts(), first));
    }
    if (!now.equals(head)) {
      row.set(now);
    }
  }

  /**
   * The head of a key with a record more; its entry is moved if that makes it due earlier, which it
   * does not in the middle of a firing.
   */
  private CoGroupHead dueWith(long timeMs, CoGroupHead head) {
    long dueMs = windows.dueMs(head, timeMs, firesUpTo);
    if (dueMs == head.dueMs()) {
      return head;
    }
    if (!head.isNone()) {
      dues.remove(head.dueMs(), place.copy());
    }
    dues.putNew(dueMs, place.bytes(), place.offset(), place.length(), true);
    return head.openUntil(dueMs);
  }

  private Row<Object> headRow() {
    return heads.row(place.bytes(), place.offset(), place.length(), place.hash());
  }

  private static CoGroupHead head(Row<Object> row) {
    CoGroupHead head = (CoGroupHead) row.value();
    return head == null ? CoGroupHead.NONE : head;
  }

  // ------------------------------------------------------------------ time

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    if (domain != TimeDomain.EVENT || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    // This is done even if time stands still: a firing that filled its transaction is resumed.
    return dues.fireBefore(watermarkMs, this::fire);
  }

  /** Fires the first window of a key; if the transaction is full, its entry is due again. */
  private void fire(DueRows<Object> due) {
    place.move(due.bytes(), due.keyOffset(), due.keyLength());
    Row<Object> row = headRow();
    CoGroupHead head = head(row);
    if (head.phase() == Phase.OPEN) {
      long throughMs = windows.throughMs(place, head);
      long changesUntilMs = windows.changesUntilMs(throughMs);
      head =
          changesUntilMs > due.upToMs() ? head.openUntil(changesUntilMs) : head.firing(throughMs);
    }
    if (head.phase() == Phase.FIRING) {
      head = action.fire(place, head);
    }
    if (head.phase() == Phase.FIRED) {
      head = drop(head);
    }
    if (head.isNone()) {
      row.delete();
    } else {
      row.set(head);
      dues.putNew(head.dueMs(), place.bytes(), place.offset(), place.length(), true);
    }
  }

  /** Drops what is in no later window, as far as there is room. */
  private CoGroupHead drop(CoGroupHead head) {
    long doneMs = windows.doneMs(head.throughMs());
    JoinHead firsts =
        new JoinHead(drop(left, head.firsts(), doneMs), drop(right, head.firsts(), doneMs));
    CoGroupHead rest = head.with(firsts);
    if (rest.isNone() || rest.firstMs() <= doneMs) {
      return rest;
    }
    return rest.openUntil(windows.nextDueMs(rest.firstMs(), head.throughMs()));
  }

  private JoinFirst drop(Side side, JoinHead firsts, long doneMs) {
    return side.buffer().expire(place, side.first(firsts), doneMs, room, (timeMs, value) -> {});
  }

  @Override
  public void beforeCommit() {
    arrivals.beforeCommit();
  }
}
