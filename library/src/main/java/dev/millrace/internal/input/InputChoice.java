package dev.millrace.internal.input;

import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The choice of the input that a task of several reads next: the one whose next frame begins with
 * the oldest record. A task that catches up so reads all inputs side by side in time, and what a
 * join has to keep is what lies between them in time, rather than all of one side.
 *
 * <p>An input may be held: it is not read, whatever its records' times are.
 *
 * <p>Inputs take turns where times are equal. A frame without entries only moves time, and is read
 * at once. An input of which nothing is fetched may have older records in its topic: the others
 * wait for it if it is known, or not yet known, to have any, unless its watermark has passed
 * theirs. They wait for {@link #PATIENCE_NANOS} at most, then until it has records again they do
 * not: the order in time saves memory, and is no promise.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class InputChoice {

  /** Longer than a fetch takes, shorter than anybody notices. */
  static final long PATIENCE_NANOS = 100_000_000L;

  /** No input can be read at present. */
  public static final int NONE = -1;

  private final List<ArrayDeque<ConsumerRecord<byte[], byte[]>>> queues;
  private final IntPredicate isHeld;
  private final IntPredicate hasBacklog;
  private final IntToLongFunction watermarks;
  private final Clock clock;
  private final FrameReader reader = new FrameReader();

  /** The first record of each queue when it was last looked at, and the time it begins with. */
  private final @Nullable ConsumerRecord<?, ?>[] first;

  private final long[] times;

  /** Inputs that are not waited for until they have records again. */
  private final boolean[] passedOver;

  private int last;
  private boolean holding;
  private boolean waiting;
  private long waitingSinceNanos;

  /**
   * Creates the choice between inputs.
   *
   * @param queues what is fetched of each of them
   * @param isHeld whether an input is not to be read at present
   * @param hasBacklog whether an input's topic has more, as far as is known
   * @param watermarks the watermark of each input
   */
  public InputChoice(
      List<ArrayDeque<ConsumerRecord<byte[], byte[]>>> queues,
      IntPredicate isHeld,
      IntPredicate hasBacklog,
      IntToLongFunction watermarks,
      Clock clock) {
    this.queues = queues;
    this.isHeld = isHeld;
    this.hasBacklog = hasBacklog;
    this.watermarks = watermarks;
    this.clock = clock;
    this.first = new @Nullable ConsumerRecord<?, ?>[queues.size()];
    this.times = new long[queues.size()];
    this.passedOver = new boolean[queues.size()];
    this.last = queues.size() - 1;
  }

  /** {@return the input to read next, or {@link #NONE}} */
  public int next() {
    int oldest = NONE;
    boolean held = false;
    for (int i = 1; i <= times.length; i++) {
      int input = (last + i) % times.length;
      if (!hasRecord(input)) {
        continue;
      }
      if (isHeld.test(input)) {
        held = true;
      } else if (oldest == NONE || times[input] < times[oldest]) {
        oldest = input;
      }
    }
    holding = held && oldest == NONE;
    if (oldest == NONE || mustWait(times[oldest])) {
      return NONE;
    }
    last = oldest;
    return oldest;
  }

  /** {@return whether records are there that wait for others to be fetched, or for their input} */
  public boolean isWaiting() {
    return waiting || holding;
  }

  /** Looks at an input's next record; returns whether there is one. */
  private boolean hasRecord(int input) {
    ConsumerRecord<byte[], byte[]> record = queues.get(input).peekFirst();
    if (record != null && record != first[input]) {
      times[input] = beginning(record);
      passedOver[input] = false;
    }
    first[input] = record;
    return record != null;
  }

  private long beginning(ConsumerRecord<byte[], byte[]> record) {
    byte[] frame = record.value();
    try {
      if (frame != null && reader.reset(frame, 0, frame.length).entryCount() > 0) {
        return reader.baseTime();
      }
    } catch (MalformedBytesException e) {
      return Long.MIN_VALUE; // It is reported when it is read, which should be soon.
    }
    return Long.MIN_VALUE;
  }

  private boolean mustWait(long time) {
    boolean wanted = false;
    for (int input = 0; input < times.length; input++) {
      wanted |=
          first[input] == null
              && !passedOver[input]
              && !isHeld.test(input)
              && watermarks.applyAsLong(input) < time
              && hasBacklog.test(input);
    }
    if (!wanted) {
      waiting = false;
      return false;
    }
    long now = clock.nanos();
    if (!waiting) {
      waiting = true;
      waitingSinceNanos = now;
    }
    if (now - waitingSinceNanos < PATIENCE_NANOS) {
      return true;
    }
    waiting = false;
    for (int input = 0; input < times.length; input++) {
      passedOver[input] |= first[input] == null;
    }
    return false;
  }

  @Override
  public String toString() {
    return "InputChoice[" + Arrays.toString(times) + ", last " + last + "]";
  }
}
