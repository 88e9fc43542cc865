package dev.millrace.internal.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.time.ChannelStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Which of several inputs is read next, and how long the others wait for one without records. */
final class InputChoiceTest {

  private static final Duration PATIENCE = Duration.ofNanos(InputChoice.PATIENCE_NANOS);

  private final SimClock clock = new SimClock(Instant.EPOCH);
  private final List<ArrayDeque<ConsumerRecord<byte[], byte[]>>> queues =
      List.of(new ArrayDeque<>(), new ArrayDeque<>());
  private final boolean[] backlog = new boolean[2];
  private final boolean[] held = new boolean[2];
  private final long[] watermarks = {Long.MIN_VALUE, Long.MIN_VALUE};
  private final InputChoice choice =
      new InputChoice(queues, i -> held[i], i -> backlog[i], i -> watermarks[i], clock);

  private void frame(int input, long... times) {
    FrameWriter writer = new FrameWriter(0, 0, 1);
    for (long time : times) {
      writer.beginEntry(new byte[0], 0, 0, time, FrameFormat.RECORD);
      writer.endEntry();
    }
    bytes(input, writer.finish(0, List.of(new ChannelUpdate(0, ChannelStatus.ACTIVE, 1, 5, 5))));
  }

  private void bytes(int input, byte[] value) {
    queues.get(input).add(new ConsumerRecord<>("topic", 0, 0, new byte[0], value));
  }

  /** Reads all that can be read now; the inputs in their order. */
  private List<Integer> read() {
    List<Integer> order = new ArrayList<>();
    for (int next = choice.next(); next != InputChoice.NONE; next = choice.next()) {
      order.add(next);
      queues.get(next).removeFirst();
    }
    return order;
  }

  @Test
  void theOldestIsNext() {
    frame(0, 30);
    frame(0, 40);
    frame(1, 10, 99);
    frame(1, 35);
    frame(1, 50);
    assertThat(read()).containsExactly(1, 0, 1, 0, 1);
  }

  @Test
  void equalTimesTakeTurns() {
    for (int i = 0; i < 3; i++) {
      frame(0, 7);
      frame(1, 7);
    }
    assertThat(read()).containsExactly(0, 1, 0, 1, 0, 1);
  }

  @Test
  void framesWithoutEntriesComeAtOnce() {
    frame(0, 10);
    frame(1);
    frame(1, 20);
    backlog[0] = true;
    assertThat(read()).containsExactly(1, 0);
    assertThat(choice.isWaiting()).as("for older ones than 20").isTrue();
  }

  @Test
  void anInputWithoutRecordsHoldsNobodyBack() {
    frame(0, 10);
    frame(0, 20);
    assertThat(read()).containsExactly(0, 0);
    assertThat(choice.isWaiting()).isFalse();
  }

  @Test
  void anInputThatIsNotReadToItsEndIsWaitedForButNotForLong() {
    backlog[1] = true;
    frame(0, 10);
    assertThat(read()).isEmpty();
    assertThat(choice.isWaiting()).isTrue();
    clock.advance(PATIENCE.minusNanos(1));
    assertThat(read()).isEmpty();
    clock.advance(Duration.ofNanos(1));
    assertThat(read()).containsExactly(0);
    assertThat(choice.isWaiting()).isFalse();
    frame(0, 11);
    assertThat(read()).as("it is passed over from now on").containsExactly(0);
  }

  @Test
  void recordsThatAreFetchedMeanwhileEndTheWait() {
    backlog[1] = true;
    frame(0, 10);
    assertThat(read()).isEmpty();
    frame(1, 5);
    assertThat(choice.next()).isEqualTo(1);
    assertThat(choice.isWaiting()).isFalse();
  }

  @Test
  void whatIsHeldIsNotReadAndKeepsNobodyBack() {
    held[0] = true;
    backlog[0] = true;
    frame(1, 20);
    assertThat(read()).as("the held one is not waited for").containsExactly(1);
    assertThat(choice.isWaiting()).isFalse();
    frame(0, 10);
    frame(0);
    frame(1, 30);
    assertThat(read()).containsExactly(1);
    assertThat(choice.isWaiting()).as("there is nothing to do").isTrue();
    held[0] = false;
    backlog[0] = false;
    assertThat(read()).containsExactly(0, 0);
    assertThat(choice.isWaiting()).isFalse();
  }

  @Test
  void anInputIsWaitedForAgainWhenItHadRecords() {
    backlog[1] = true;
    frame(0, 10);
    assertThat(read()).isEmpty();
    clock.advance(PATIENCE);
    assertThat(read()).containsExactly(0);
    frame(1, 11);
    assertThat(read()).containsExactly(1);
    frame(0, 12);
    assertThat(read()).isEmpty();
    assertThat(choice.isWaiting()).isTrue();
  }

  @Test
  void anInputWhoseWatermarkHasPassedIsNotWaitedFor() {
    backlog[1] = true;
    watermarks[1] = 10;
    frame(0, 10);
    frame(0, 11);
    assertThat(read()).containsExactly(0);
    assertThat(choice.isWaiting()).isTrue();
  }

  @Test
  void whatIsNoFrameIsReadAtOnce() {
    backlog[1] = true;
    bytes(0, new byte[] {1, 2, 3});
    assertThat(read()).containsExactly(0);
  }

  @Test
  void backlogsAreMergedWhateverIsFetchedAtATime() {
    for (long seed = 1; seed <= 50; seed++) {
      Random random = new Random(seed);
      long[][] log = {times(random), times(random)};
      int[] fetched = new int[2];
      List<Long> order = new ArrayList<>();
      InputChoice merging =
          new InputChoice(
              queues, i -> false, i -> fetched[i] < log[i].length, i -> Long.MIN_VALUE, clock);
      while (order.size() < log[0].length + log[1].length) {
        for (int i = 0; i < 2; i++) {
          if (queues.get(i).isEmpty()) {
            for (int n = random.nextInt(4); n > 0 && fetched[i] < log[i].length; n--) {
              frame(i, log[i][fetched[i]++]);
            }
          }
        }
        for (int next = merging.next(); next >= 0; next = merging.next()) {
          order.add(log[next][fetched[next] - queues.get(next).size()]);
          queues.get(next).removeFirst();
        }
      }
      assertThat(order).as("seed %d", seed).isSorted();
    }
  }

  private static long[] times(Random random) {
    long[] times = new long[random.nextInt(30)];
    Arrays.setAll(times, i -> random.nextInt(100));
    Arrays.sort(times);
    return times;
  }
}
