package dev.millrace.internal.shuffle;

import static dev.millrace.internal.shuffle.ShuffleWriterTest.bytes;
import static dev.millrace.internal.shuffle.ShuffleWriterTest.keys;
import static dev.millrace.internal.shuffle.ShuffleWriterTest.longs;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.NoFailures;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.TaskCount;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** The watermarks that go out before a transaction ends. */
final class TimesAmidTransactionTest {

  private static final long SLICE_MS = 1_000;
  private static final int CHANNELS = 2;
  private static final int PARTITIONS = 3;

  private final SentRecords frames = new SentRecords();

  /**
   * Two partitions are read in bursts, each with times up to a bound out of order, and their worker
   * commits now and then. To no reader may a record be late, and readers come to know of times
   * before the commit.
   */
  @RepeatedTest(20)
  void nothingIsLateForThoseWhoGoByThem() {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000_000);
    Random random = new Random(seed);
    boolean combines = random.nextBoolean();
    int distinct = 1 + random.nextInt(10_000);
    long boundMs = random.nextInt(3_000);
    ShuffleWriter writer = writer(combines, OptionalInt.of(7));
    Output output = output(writer);
    long[] newestMs = new long[CHANNELS];
    List<String> late = new ArrayList<>();
    Reader[] readers = new Reader[PARTITIONS];
    Arrays.setAll(readers, i -> new Reader());
    int transactions = 3 + random.nextInt(3);
    for (int transaction = 0; transaction < transactions; transaction++) {
      int bursts = 1 + random.nextInt(60);
      for (int burst = 0; burst < bursts; burst++) {
        int channel = random.nextInt(CHANNELS);
        int records = random.nextInt(3_000);
        for (int i = 0; i < records; i++) {
          newestMs[channel] += random.nextInt(3);
          long timeMs = newestMs[channel] - (boundMs == 0 ? 0 : random.nextLong(boundMs));
          output.emit((long) random.nextInt(distinct), timeMs, FrameFormat.RECORD);
        }
        writer.reached(updates(newestMs, boundMs));
      }
      if (random.nextInt(4) == 0) {
        frames.records.clear();
        writer.abort();
        continue;
      }
      writer.flush();
      writer.finish(updates(newestMs, boundMs), List.of());
      for (ProducerRecord<byte[], byte[]> record : frames.records) {
        readers[requireNonNull(record.partition())].read(bytes(record), late);
      }
      frames.records.clear();
    }
    assertThat(late).as("seed %d", seed).isEmpty();
  }

  @Test
  void aFrameThatIsFullTakesTheTimeAlong() {
    ShuffleWriter writer = writer(false, OptionalInt.of(7));
    Output output = output(writer);
    emit(output, 0, 999, 2_000);
    writer.reached(updates(new long[] {1_500, 1_200}, 0));
    emit(output, 1_500, 1_600, 2_000);
    assertThat(toldAmid()).containsExactly("0: 1500, 1: 1200");
    frames.records.clear();
    writer.reached(updates(new long[] {1_900, 1_900}, 0));
    emit(output, 1_900, 1_950, 2_000);
    assertThat(toldAmid()).as("no window has ended meanwhile").isEmpty();
  }

  @Test
  void partialResultsThatAreHeldHoldTheTimeBack() {
    ShuffleWriter writer = writer(true, OptionalInt.of(7));
    Output output = output(writer);
    for (int slice = 0; slice < 4; slice++) {
      // Enough keys that what is over is worth handing over, and enough records that it is over.
      emit(output, slice * SLICE_MS, slice * SLICE_MS + 999, 40_000);
      writer.reached(updates(new long[] {slice * SLICE_MS + 999, 9_999}, 0));
    }
    assertThat(toldAmid()).containsExactly("0: 1000, 1: 1000", "0: 2000, 1: 2000");
  }

  @Test
  void whereTransactionsAreNotTakenUpAsAWholeTimeStandsStill() {
    ShuffleWriter writer = writer(false, OptionalInt.empty());
    Output output = output(writer);
    emit(output, 0, 999, 2_000);
    writer.reached(updates(new long[] {1_500, 1_200}, 0));
    emit(output, 1_500, 1_600, 2_000);
    assertThat(toldAmid()).isEmpty();
  }

  /** Tasks start afresh then, at what the last transaction that succeeded has ended with. */
  @Test
  void timeDoesNotGoOnAfterAnAbortUntilATransactionHasEnded() {
    ShuffleWriter writer = writer(false, OptionalInt.of(7));
    Output output = output(writer);
    emit(output, 0, 999, 2_000);
    writer.reached(updates(new long[] {1_500, 1_200}, 0));
    writer.abort();
    frames.records.clear();
    emit(output, 0, 999, 2_000);
    writer.reached(updates(new long[] {1_500, 1_200}, 0));
    emit(output, 0, 999, 2_000);
    assertThat(toldAmid()).isEmpty();
    writer.finish(updates(new long[] {1_500, 1_200}, 0), List.of());
    emit(output, 1_500, 2_999, 2_000);
    writer.reached(updates(new long[] {2_999, 2_500}, 0));
    emit(output, 3_000, 3_100, 2_000);
    assertThat(toldAmid()).containsExactly("0: 2999, 1: 2500");
  }

  /** The start of a slice may be before the watermark that a transaction has ended with. */
  @Test
  void noChannelGoesBackBehindTheEndOfTheTransactionBefore() {
    ShuffleWriter writer = writer(true, OptionalInt.of(7));
    Output output = output(writer);
    writer.finish(updates(new long[] {3_900, 500}, 0), List.of());
    emit(output, 900, 900, 40_000);
    emit(output, 3_950, 3_999, 40_000);
    writer.reached(updates(new long[] {4_500, 3_950}, 0));
    emit(output, 4_000, 4_999, 40_000);
    assertThat(toldAmid()).containsExactly("0: 3900, 1: 3000");
  }

  private static void emit(Output output, long fromMs, long toMs, int records) {
    for (int i = 0; i < records; i++) {
      output.emit((long) i, fromMs + i % (toMs - fromMs + 1), FrameFormat.RECORD);
    }
  }

  /** {@return the different times by channel in frames that do not end a transaction} */
  private List<String> toldAmid() {
    List<String> told = new ArrayList<>();
    FrameReader frame = new FrameReader();
    for (ProducerRecord<byte[], byte[]> record : frames.records) {
      byte[] bytes = bytes(record);
      frame.reset(bytes, 0, bytes.length);
      List<String> times = new ArrayList<>();
      if (!frame.isLastOfTransaction()) {
        passEntries(frame);
        while (frame.nextUpdate()) {
          assertThat(frame.updateStatus()).isEqualTo(ChannelStatus.ACTIVE);
          assertThat(frame.updateOwnerEpoch()).isEqualTo(5);
          assertThat(frame.updateProcessingTimeWatermark()).isEqualTo(Watermarks.UNKNOWN);
          times.add(frame.updateChannel() + ": " + frame.updateEventTimeWatermark());
        }
      }
      String all = String.join(", ", times);
      if (!all.isEmpty() && !told.contains(all)) {
        told.add(all);
      }
    }
    return told;
  }

  private static void passEntries(FrameReader frame) {
    int entries = frame.entryCount();
    for (int i = 0; i < entries; i++) {
      assertThat(frame.next()).isTrue();
    }
  }

  /** A task that reads one partition of the shuffle. */
  private static final class Reader {

    private final long[] watermarks = new long[CHANNELS];
    private final FrameReader frame = new FrameReader();

    Reader() {
      Arrays.fill(watermarks, Watermarks.UNKNOWN);
    }

    void read(byte[] bytes, List<String> late) {
      frame.reset(bytes, 0, bytes.length);
      long watermark = Arrays.stream(watermarks).min().orElseThrow();
      while (frame.next()) {
        long sliceEnd = Math.floorDiv(frame.time(), SLICE_MS) * SLICE_MS + SLICE_MS;
        if (sliceEnd <= watermark) {
          late.add(frame.time() + " at " + watermark);
        }
      }
      while (frame.nextUpdate()) {
        int channel = frame.updateChannel();
        watermarks[channel] = Math.max(watermarks[channel], frame.updateEventTimeWatermark());
      }
    }
  }

  private static List<ChannelUpdate> updates(long[] newestMs, long boundMs) {
    List<ChannelUpdate> updates = new ArrayList<>();
    for (int i = 0; i < newestMs.length; i++) {
      updates.add(new ChannelUpdate(i, ChannelStatus.ACTIVE, 5, newestMs[i] - boundMs, 77));
    }
    return updates;
  }

  private static Output output(ShuffleWriter writer) {
    Guard guard = new Guard("test", ErrorPolicy.fail(), new NoFailures());
    return ShuffleOutput.of(writer, guard, guard, () -> 42, new Counter());
  }

  private ShuffleWriter writer(boolean combines, OptionalInt number) {
    Fold fold = Fold.of(Aggregates.sum((Long value) -> value));
    KeyFunction<Long, String> key = value -> "key-" + value;
    ShuffleEdge edge =
        new ShuffleEdge(
            "shuffle",
            "from",
            "to",
            Optional.of(key),
            String.class,
            Long.class,
            TimeDomain.EVENT,
            Optional.of(
                new ShuffleEdge.CombinerPlan(
                    "sum",
                    fold,
                    Optional.of(WindowAccess.kind(Windows.tumbling(Duration.ofMillis(SLICE_MS)))),
                    ErrorPolicy.fail(),
                    combines)),
            ShuffleEdge.Granularity.ofEvents(SLICE_MS),
            ErrorPolicy.fail());
    ShuffleWriter writer = writer(edge, number);
    writer.finish(updates(new long[CHANNELS], 0), List.of());
    return writer;
  }

  private ShuffleWriter writer(ShuffleEdge edge, OptionalInt number) {
    return new ShuffleWriter(
        new StageSetup.Output(edge, PARTITIONS, keys(), longs(), longs()),
        new TaskCount(CHANNELS),
        number,
        frames,
        new StageMetrics(),
        limits(),
        new Caution());
  }

  private static WorkerSetup.Limits limits() {
    return new WorkerSetup.Limits(
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        1 << 20,
        1 << 20,
        1 << 20,
        8 << 20,
        1_000,
        RecordLimit.ofRequests(1 << 20),
        OverlayLimits.writingBack(1 << 20),
        Duration.ZERO);
  }
}
