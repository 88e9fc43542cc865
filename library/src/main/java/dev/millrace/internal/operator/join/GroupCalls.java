package dev.millrace.internal.operator.join;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.CallResults;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.CoGroupHead;
import dev.millrace.internal.state.Row;
import dev.millrace.window.CoGroupFunction;
import dev.millrace.window.Window;
import java.util.ArrayList;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the function of a co-group, one for each window and key, in one transaction with all
 * their results. These are passed on when the function has returned, so that a failed attempt emits
 * none.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class GroupCalls implements GroupAction {

  /** What a dead letter has at most, as stored: JSON may need several times as much. */
  private static final long BYTES_PER_LETTER = 128 << 10;

  private static final int RECORDS_PER_LETTER = 1_000;

  private final CoGroupFunction<Object, Object, Object, Object> function;
  private final GroupWindows windows;
  private final Buffer left;
  private final Buffer right;
  private final KeyCodec<Object> keys;
  private final Guard guard;
  private final Output next;
  private final CallResults results =
      new CallResults("a co-group", "the function of the co-group emitted null");

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  GroupCalls(
      CoGroup group, GroupWindows windows, Buffer left, Buffer right, OperatorContext context) {
    this.function = (CoGroupFunction<Object, Object, Object, Object>) group.function();
    this.windows = windows;
    this.left = left;
    this.right = right;
    this.keys = context.keys();
    this.guard = context.guard();
    this.next = context.next();
  }

  @Override
  public CoGroupHead fire(JoinPlace place, CoGroupHead head) {
    long throughMs = head.throughMs();
    long startMs = windows.startMs(head, throughMs);
    long endMs = windows.endMs(throughMs);
    Call call =
        new Call(
            keys.decode(place.bytes(), place.offset(), place.keyLength()),
            Window.ofEpochMillis(startMs, endMs),
            new SideRecords(left, place, head.firsts().left(), throughMs),
            new SideRecords(right, place, head.firsts().right(), throughMs));
    call(call);
    results.passOn(next, endMs - 1, FrameFormat.RECORD);
    results.clear();
    return head.fired();
  }

  private record Call(Object key, Window window, SideRecords left, SideRecords right) {}

  private void call(Call call) {
    try {
      attempt(call);
    } catch (Exception e) {
      Boolean done = guard.recoverGroup(() -> new Letters(call), e, () -> attempt(call));
      if (done == null) {
        results.clear();
      }
    } finally {
      results.end();
      call.left().end();
      call.right().end();
    }
  }

  private Boolean attempt(Call call) throws Exception {
    results.begin();
    function.apply(call.key(), call.window(), call.left(), call.right(), results);
    return true;
  }

  /** The dead letters of a group, each with as many records as fit, and with one at least. */
  private final class Letters implements Iterator<GroupLetter> {

    private final Call call;
    private final Iterator<Row<Object>> lefts;
    private final Iterator<Row<Object>> rights;
    private int part;

    /** The first record that is in no letter yet; null if there is none. */
    private @Nullable Row<Object> row;

    private boolean isLeft;

    Letters(Call call) {
      this.call = call;
      this.lefts = call.left().rows();
      this.rights = call.right().rows();
      goOn();
    }

    private void goOn() {
      isLeft = lefts.hasNext();
      row = isLeft ? lefts.next() : rights.hasNext() ? rights.next() : null;
    }

    @Override
    public boolean hasNext() {
      return row != null;
    }

    @Override
    public GroupLetter next() {
      part++;
      GroupLetter letter =
          new GroupLetter(call.key(), call.window(), part, new ArrayList<>(), new ArrayList<>());
      long bytes = 0;
      int records = 0;
      Row<Object> next = row;
      while (next != null) {
        bytes += next.storedBytes();
        if (records > 0 && (bytes > BYTES_PER_LETTER || records == RECORDS_PER_LETTER)) {
          break; // A large one is not to be too large together with others.
        }
        (isLeft ? letter.left() : letter.right()).add((isLeft ? left : right).handedOut(next));
        records++;
        goOn();
        next = row;
      }
      return letter;
    }
  }
}
