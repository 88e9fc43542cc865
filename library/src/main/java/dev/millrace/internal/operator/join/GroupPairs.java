package dev.millrace.internal.operator.join;

import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.CoGroupHead;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.TransactionRoom;
import java.util.Iterator;

/**
 * The join of the records of a window: each left one with each right one; where one side has none,
 * each of the other by itself. A left record goes when its pairs are emitted, so that a firing can
 * stop after any of them.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class GroupPairs implements GroupAction {

  private final JoinKind kind;
  private final Pairs pairs;
  private final GroupWindows windows;
  private final Side left;
  private final Side right;
  private final TransactionRoom room;

  GroupPairs(
      KeyedOperation.StreamJoin join,
      GroupWindows windows,
      Side left,
      Side right,
      OperatorContext context) {
    this.kind = join.kind();
    this.pairs = new Pairs(join.function(), context);
    this.windows = windows;
    this.left = left;
    this.right = right;
    this.room = context.room();
  }

  @Override
  public CoGroupHead fire(JoinPlace place, CoGroupHead head) {
    long throughMs = head.throughMs();
    boolean hasLefts = head.firsts().left().timeMs() <= throughMs;
    boolean hasRights = head.firsts().right().timeMs() <= throughMs;
    if (hasLefts && hasRights) {
      SideRecords rights = new SideRecords(right.buffer(), place, head.firsts().right(), throughMs);
      return pass(place, head, left, (timeMs, value) -> join(place, value, rights, throughMs));
    }
    Side only = hasLefts ? left : right;
    boolean isKept = hasLefts ? kind.keepsLeft() : kind.keepsRight();
    return isKept
        ? pass(
            place,
            head,
            only,
            (timeMs, value) -> pairs.alone(place, only, value, resultMs(throughMs)))
        : head.fired();
  }

  /** Passes the records of a side, as far as there is room. */
  private CoGroupHead pass(JoinPlace place, CoGroupHead head, Side side, Buffer.Unmatched action) {
    JoinFirst first =
        side.buffer().expire(place, side.first(head.firsts()), head.throughMs(), room, action);
    CoGroupHead after = head.with(side.with(head.firsts(), first));
    return first.timeMs() <= head.throughMs() ? after : after.fired();
  }

  private void join(JoinPlace place, Object value, SideRecords rights, long throughMs) {
    for (Iterator<Row<Object>> rows = rights.rows(); rows.hasNext(); ) {
      pairs.join(place, left, value, right, rows.next(), resultMs(throughMs));
    }
  }

  private long resultMs(long throughMs) {
    return windows.endMs(throughMs) - 1;
  }
}
