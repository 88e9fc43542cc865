package dev.millrace.internal.shuffle;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.RetractableFolds;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.input.FrameEntry;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.InDoubtException;
import dev.millrace.internal.operator.NoFailures;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.TaskCount;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Windows;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What arrives behind a shuffle with a combiner. */
final class ShuffleWriterTest {

  private static final WorkerSetup.Limits LIMITS = limits(1 << 16);
  private static final WorkerSetup.Limits TINY_FRAMES = limits(12);

  private static final WorkerSetup.Limits SMALL_RECORDS = limits(12, 4 << 10);

  private static WorkerSetup.Limits limits(int frameBytes) {
    return limits(frameBytes, 1 << 20);
  }

  private static WorkerSetup.Limits limits(int frameBytes, int requestBytes) {
    return new WorkerSetup.Limits(
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        1 << 20,
        1 << 20,
        1 << 20,
        1 << 20,
        frameBytes,
        RecordLimit.ofRequests(requestBytes),
        OverlayLimits.writingBack(1 << 20),
        Duration.ZERO);
  }

  @Test
  void aRecordTooFarAheadIsNeverCombinedAndArrivesAsOne() throws Exception {
    List<String> arrived = arrived(TimeDomain.EVENT);
    assertThat(arrived)
        .containsExactlyInAnyOrder(
            "record 7 at 9000000 too far ahead", "partial 3 at 999", "record 1 at 9 too far ahead");
  }

  @Test
  void aStampOfProcessingTimeIsNeverTooFarAhead() throws Exception {
    assertThat(arrived(TimeDomain.PROCESSING)).containsExactly("partial 11 at 999");
  }

  /**
   * What is read from the frames of two ordinary records and two that are too far ahead; partial
   * results have the last time of their slice.
   */
  private List<String> arrived(TimeDomain domain) throws Exception {
    Fold fold = Fold.of(Aggregates.sum((Long value) -> value));
    return arrived(
        edge(fold, Optional.of(WindowAccess.kind(Windows.tumbling(Duration.ofSeconds(1)))), domain),
        output -> {
          output.emit(1L, 1, FrameFormat.RECORD);
          output.emit(7L, 9_000_000, FrameFormat.TOO_FAR_AHEAD);
          output.emit(2L, 2, FrameFormat.RECORD);
          output.emit(1L, 9, FrameFormat.TOO_FAR_AHEAD);
        });
  }

  @Test
  void aRetractionIsNeverAddedUp() {
    Fold fold = Fold.of(Aggregates.sum((Long value) -> value));
    assertThat(
            arrived(
                edge(fold, Optional.empty(), TimeDomain.EVENT),
                output -> {
                  output.emit(1L, 1, FrameFormat.RECORD);
                  output.emit(7L, 2, FrameFormat.RETRACTION);
                  output.emit(2L, 3, FrameFormat.RECORD);
                }))
        .containsExactlyInAnyOrder("partial 3 at 3", "retraction of 7 at 2");
  }

  @Test
  void anAggregateThatCanTakeRecordsBackNetsThemOut() {
    ShuffleEdge edge = edge(retracting(), Optional.empty(), TimeDomain.EVENT);
    assertThat(
            arrived(
                edge,
                output -> {
                  output.emit(7L, 1, FrameFormat.RECORD);
                  output.emit(3L, 2, FrameFormat.RETRACTION);
                }))
        .containsExactly("partial 4 at 2 of 0");
    assertThat(
            arrived(
                edge,
                output -> {
                  output.emit(7L, 1, FrameFormat.RECORD);
                  output.emit(7L, 2, FrameFormat.RETRACTION);
                }))
        .as("nothing is left to tell")
        .isEmpty();
    assertThat(arrived(edge, output -> output.emit(5L, 3, FrameFormat.RETRACTION)))
        .containsExactly("partial -5 at 3 of -1");
  }

  /** The receiver ignores a retraction of what it does not have yet. */
  @Test
  void aRetractionDoesNotOvertakeTheRecordThatItTakesBack() {
    assertThat(
            arrived(
                edge(retracting(), Optional.empty(), TimeDomain.EVENT),
                output -> {
                  output.emit(5L, 1, FrameFormat.RECORD);
                  output.emit(5L, 9_000_000, FrameFormat.RETRACTION | FrameFormat.TOO_FAR_AHEAD);
                  output.emit(6L, 9_000_000, FrameFormat.TOO_FAR_AHEAD);
                  output.emit(6L, 2, FrameFormat.RETRACTION);
                }))
        .containsExactly(
            "partial 5 at 1 of 1",
            "retraction of 5 at 9000000 too far ahead",
            "record 6 at 9000000 too far ahead",
            "partial -6 at 2 of -1");
  }

  @Test
  void aSingleFrameIsAWhole() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = writer(OptionalInt.of(7), frames);
    spread(writer, 1);
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).containsExactly("1 entries, last");
  }

  @Test
  void aWriterWithoutEntriesWritesNoFrameToEndWith() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = writer(OptionalInt.of(7), frames);
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).isEmpty();
  }

  @Test
  void ofSeveralFramesTheLastIsMarked() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = writer(OptionalInt.of(7), frames);
    spread(writer, 3);
    assertThat(seen(frames)).as("what is full waits for what follows").hasSize(2);
    writer.finish(List.of(), List.of());
    spread(writer, 1);
    writer.finish(List.of(), List.of());
    spread(writer, 2);
    writer.finish(List.of(), List.of());
    assertThat(seen(frames))
        .containsExactly(
            "1 entries of 7",
            "1 entries of 7",
            "1 entries of 7, last",
            "1 entries, last",
            "1 entries of 7",
            "1 entries of 7, last");
  }

  @Test
  void whatCannotBeEncodedDoesNotLeaveATransactionWithoutAnEnd() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = writer(OptionalInt.of(7), frames);
    spread(writer, 1);
    assertThatThrownBy(() -> writer.spread(0, FrameFormat.RECORD, new Object()))
        .isInstanceOf(ClassCastException.class);
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).containsExactly("1 entries of 7", "0 entries of 7, last");
  }

  /** Few records fill no frame, and must not all go the same way. */
  @Test
  void eachTransactionSpreadsItsRecordsFromAnotherPartitionOn() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = spreading(longs(), frames);
    for (int transaction = 0; transaction < 6; transaction++) {
      spread(writer, 2);
      writer.flush();
      writer.finish(List.of(), List.of());
      writer.flush();
      writer.finish(List.of(), List.of());
    }
    assertThat(frames.records.stream().map(ProducerRecord::partition))
        .containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(seen(frames)).containsOnly("2 entries, last");
  }

  /** As a serde may throw that is written in a language without checked exceptions. */
  @Test
  void whateverIsThrownLeavesNoTraceInTheFrame() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = spreading(failingOnce(longs()), frames);
    assertThatThrownBy(() -> writer.spread(0, FrameFormat.RECORD, 1L))
        .isInstanceOf(IOException.class);
    spread(writer, 2);
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).containsExactly("2 entries, last");
  }

  /** A codec that fails on its first value when it has written a part of it. */
  private static ValueCodec<Object> failingOnce(ValueCodec<Object> codec) {
    return new ValueCodec<>() {
      private boolean failed;

      @Override
      public int schemaId() {
        return codec.schemaId();
      }

      @Override
      public void encode(Object value, ByteWriter out) {
        codec.encode(value, out);
        if (!failed) {
          failed = true;
          ShuffleWriterTest.<RuntimeException>sneak(new IOException("the registry is down"));
        }
      }

      @Override
      public Object decode(byte[] bytes, int offset, int length) {
        return codec.decode(bytes, offset, length);
      }

      @Override
      public ValueCodec<Object> writtenBy(int writerSchemaId) {
        return codec.writtenBy(writerSchemaId);
      }
    };
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // that is the point
  private static <E extends Exception> void sneak(Exception exception) throws E {
    throw (E) exception;
  }

  /** A writer of three partitions that get values in turn. */
  private static ShuffleWriter spreading(ValueCodec<Object> values, SentRecords frames) {
    ShuffleEdge edge =
        new ShuffleEdge(
            "shuffle",
            "from",
            "to",
            Optional.empty(),
            Void.class,
            Long.class,
            TimeDomain.EVENT,
            Optional.empty(),
            ShuffleEdge.Granularity.NONE,
            ErrorPolicy.fail());
    return new ShuffleWriter(
        new StageSetup.Output(edge, 3, null, values, null),
        new TaskCount(1),
        OptionalInt.of(7),
        frames,
        new StageMetrics(),
        LIMITS,
        new Caution());
  }

  @Test
  void anAbortForgetsWhatWasSent() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = writer(OptionalInt.of(7), frames);
    spread(writer, 2);
    writer.abort();
    frames.records.clear();
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).isEmpty();
    spread(writer, 1);
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).containsExactly("1 entries, last");
  }

  @Test
  void withoutTransactionsNothingIsMarked() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = writer(OptionalInt.empty(), frames);
    spread(writer, 2);
    assertThatThrownBy(() -> writer.spread(0, FrameFormat.RECORD, new Object()))
        .isInstanceOf(ClassCastException.class);
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).containsExactly("1 entries", "1 entries");
  }

  /** A writer of one partition, any of whose records fills a frame. */
  private static ShuffleWriter writer(OptionalInt number, SentRecords frames) {
    return new ShuffleWriter(
        new StageSetup.Output(
            edge(retracting(), Optional.empty(), TimeDomain.EVENT), 1, keys(), longs(), longs()),
        new TaskCount(1),
        number,
        frames,
        new StageMetrics(),
        TINY_FRAMES,
        new Caution());
  }

  private static void spread(ShuffleWriter writer, int records) {
    for (long i = 0; i < records; i++) {
      writer.spread(0, FrameFormat.RECORD, i);
    }
  }

  /** Partial results are combined in any grouping, but in order. */
  @Test
  void aRecordDoesNotOvertakeTheOneThatItReplaces() {
    Fold latest = new Fold(FoldFunction.latest(), Long.class, Long.class, true);
    assertThat(
            arrived(
                edge(latest, Optional.empty(), TimeDomain.EVENT),
                output -> {
                  output.emit(5L, 1, FrameFormat.RECORD);
                  output.emit(6L, 2, FrameFormat.RECORD);
                  output.emit(7L, 9_000_000, FrameFormat.TOO_FAR_AHEAD);
                  output.emit(8L, 3, FrameFormat.RECORD);
                }))
        .containsExactly("partial 6 at 2", "record 7 at 9000000 too far ahead", "partial 8 at 3");
  }

  /**
   * What is dropped because it cannot be written must not depend on how often keys repeat at the
   * time, since it may be taken back at another.
   */
  @Test
  void whatCanBeTakenBackIsAPartialResultAlsoWhereKeysDoNotRepeat() {
    KeyFunction<Long, String> key = value -> "k" + value;
    ShuffleEdge edge = edge(key, retracting(), Optional.empty(), TimeDomain.EVENT);
    List<String> arrived =
        arrived(
            edge,
            (output, writer) -> {
              for (long value = 0; value < 2_000; value++) {
                output.emit(value, 0, FrameFormat.RECORD);
              }
              writer.flush();
              output.emit(5_000L, 1, FrameFormat.RECORD);
              output.emit(5_000L, 2, FrameFormat.RECORD);
              output.emit(6_000L, 3, FrameFormat.RETRACTION);
            });
    assertThat(arrived.subList(2_000, arrived.size()))
        .containsExactly(
            "partial 5000 at 1 of 1", "partial 5000 at 2 of 1", "partial -6000 at 3 of -1");
  }

  /** Each of its records may fit: they are sent one by one, when they are processed again. */
  @Test
  void aPartialResultThatIsTooLargeMakesItsRecordsTravelOneByOne() {
    SentRecords frames = new SentRecords();
    ShuffleWriter writer = texts(frames);
    Guard guard = new Guard("test", ErrorPolicy.fail(), new NoFailures());
    Output output = ShuffleOutput.of(writer, guard, guard, () -> 42, new Counter());
    String text = "x".repeat(2_000);
    output.emit(text, 0, FrameFormat.RECORD);
    output.emit(text, 0, FrameFormat.RECORD);
    assertThatThrownBy(writer::flush)
        .isInstanceOf(InDoubtException.class)
        .hasRootCauseMessage(
            "key and value are too large for a record of shuffle shuffle (4005 bytes of at most"
                + " 2956; kafka.producer.max.request.size raises the limit, together with"
                + " max.message.bytes of the topic)");
    writer.abort();
    for (int transaction = 0; transaction < 100; transaction++) {
      frames.records.clear();
      output.emit(text, 0, FrameFormat.RECORD);
      output.emit(text, 0, FrameFormat.RECORD);
      writer.flush();
      writer.finish(List.of(), List.of());
      assertThat(seen(frames)).hasSize(2);
    }
    output.emit("a", 0, FrameFormat.RECORD);
    output.emit("b", 0, FrameFormat.RECORD);
    frames.records.clear();
    writer.flush();
    writer.finish(List.of(), List.of());
    assertThat(seen(frames)).as("combined again").containsExactly("1 entries, last");
  }

  /** A writer of texts, which are put together. */
  private static ShuffleWriter texts(SentRecords frames) {
    ReduceFunction<String> concat = (left, right) -> left + right;
    Fold fold = new Fold(FoldFunction.of(concat), String.class, String.class, true);
    KeyFunction<String, String> key = value -> "key";
    ShuffleEdge edge =
        new ShuffleEdge(
            "shuffle",
            "from",
            "to",
            Optional.of(key),
            String.class,
            String.class,
            TimeDomain.EVENT,
            Optional.of(
                new ShuffleEdge.CombinerPlan(
                    "concat", fold, Optional.empty(), ErrorPolicy.skip(), true)),
            ShuffleEdge.Granularity.NONE,
            ErrorPolicy.skip());
    ValueCodec<Object> values = texts();
    return new ShuffleWriter(
        new StageSetup.Output(edge, 1, keys(), values, values),
        new TaskCount(1),
        OptionalInt.empty(),
        frames,
        new StageMetrics(),
        SMALL_RECORDS,
        new Caution());
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  private static ValueCodec<Object> texts() {
    return (ValueCodec<Object>) ValueCodecs.forType(String.class, new InMemorySchemaBook());
  }

  private static Fold retracting() {
    return new Fold(new RetractableFolds.LongSum(), Long.class, Long.class, true);
  }

  private static ShuffleEdge edge(Fold fold, Optional<WindowKind> window, TimeDomain domain) {
    return edge(value -> "k", fold, window, domain);
  }

  private static ShuffleEdge edge(
      KeyFunction<Long, String> key, Fold fold, Optional<WindowKind> window, TimeDomain domain) {
    return new ShuffleEdge(
        "shuffle",
        "from",
        "to",
        Optional.of(key),
        String.class,
        Long.class,
        domain,
        Optional.of(new ShuffleEdge.CombinerPlan("sum", fold, window, ErrorPolicy.fail(), true)),
        ShuffleEdge.Granularity.NONE,
        ErrorPolicy.fail());
  }

  private static List<String> arrived(ShuffleEdge edge, Consumer<Output> records) {
    return arrived(edge, (output, writer) -> records.accept(output));
  }

  private static List<String> arrived(ShuffleEdge edge, BiConsumer<Output, ShuffleWriter> records) {
    SentRecords frames = new SentRecords();
    ValueCodec<Object> values = longs();
    ShuffleWriter writer =
        new ShuffleWriter(
            new StageSetup.Output(edge, 1, keys(), values, values),
            new TaskCount(1),
            OptionalInt.of(7),
            frames,
            new StageMetrics(),
            LIMITS,
            new Caution());
    Guard guard = new Guard("test", ErrorPolicy.fail(), new NoFailures());
    records.accept(ShuffleOutput.of(writer, guard, guard, () -> 42, new Counter()), writer);
    writer.flush();
    writer.finish(List.of(), List.of());

    FrameEntry entry =
        new FrameEntry(
            new StageSetup.Input(
                new StageInput.Shuffled(edge, List.of()),
                new UUID(1, 2),
                1,
                values,
                values,
                Map.of()));
    boolean counted = edge.combiner().orElseThrow().fold().function().retraction() != null;
    List<String> arrived = new ArrayList<>();
    for (ProducerRecord<byte[], byte[]> record : frames.records) {
      byte[] frame = bytes(record);
      entry.open(new ConsumerRecord<>("shuffle", 0, 0, new byte[0], frame));
      while (entry.next()) {
        arrived.add(
            (entry.isPartial() ? "partial " : entry.isRetraction() ? "retraction of " : "record ")
                + entry.value()
                + " at "
                + entry.timeMs()
                + (entry.isTooFarAhead() ? " too far ahead" : "")
                + (entry.isPartial() && counted ? " of " + entry.weight() : ""));
      }
    }
    return arrived;
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  static ValueCodec<Object> longs() {
    return (ValueCodec<Object>) ValueCodecs.forType(Long.class, new InMemorySchemaBook());
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows keys as objects
  static KeyCodec<Object> keys() {
    return (KeyCodec<Object>) KeyCodecs.forType(String.class);
  }

  /** {@return of each frame how many entries it has, of whom it is one of several, and the end} */
  private static List<String> seen(SentRecords frames) {
    FrameReader reader = new FrameReader();
    return frames.records.stream()
        .map(ShuffleWriterTest::bytes)
        .map(frame -> reader.reset(frame, 0, frame.length))
        .map(
            frame ->
                frame.entryCount()
                    + " entries"
                    + (frame.isOneOfSeveral() ? " of " + frame.sender() : "")
                    + (frame.isLastOfTransaction() ? ", last" : ""))
        .toList();
  }

  static byte[] bytes(ProducerRecord<byte[], byte[]> frame) {
    return requireNonNull(frame.value());
  }
}
