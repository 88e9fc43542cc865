package dev.millrace.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.Sink;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.MapState;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The answers of operators to what plans ask of them. */
final class StageOperatorTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Job job = Job.named("job");
  private final DataStream<String> words =
      job.source(KafkaSource.strings("in").watermarks(Watermarks.monotonous()));

  private KeyedStream<String, String> keyed() {
    return words.keyBy(word -> word);
  }

  static final class Counting extends KeyedProcessFunction<String, String, Long> {
    private final MapState<Integer, Long> counts = state.map("counts", Integer.class, Long.class);

    @Override
    public void onRecord(String word, Context context) {
      counts.put(word.length(), 1L);
    }
  }

  private <O extends StageOperator> O only(Class<O> kind) {
    List<O> found =
        Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail().retries(2, SECOND))
            .stages()
            .stream()
            .flatMap(stage -> stage.steps().stream())
            .map(Step::operator)
            .filter(kind::isInstance)
            .map(kind::cast)
            .toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  private StageOperator window(WindowSpec<? super String> window, Duration lateness) {
    keyed().window(window).allowedLateness(lateness).count().changes().to(ConsoleSink.lines());
    return only(StageWindowAggregate.class);
  }

  @Test
  void windowsHoldBackByTheLatenessTheyAllow() {
    assertThat(window(Windows.tumbling(SECOND), Duration.ofSeconds(5)).holdsBackMs())
        .isEqualTo(5_000);
  }

  @Test
  void sessionsHoldBackByOneMoreSinceTheyClosePastTheirEnd() {
    assertThat(window(Windows.session(SECOND), Duration.ofSeconds(5)).holdsBackMs())
        .isEqualTo(5_001);
  }

  @Test
  void windowsThatAreCorrectedForEverHoldAllTimeBack() {
    Duration forEver = Duration.ofMillis(Long.MAX_VALUE);
    StageOperator sessions = window(Windows.session(SECOND), forEver);
    assertThat(sessions.holdsBackMs()).isEqualTo(Long.MAX_VALUE);
    Step last = new Step("last", sessions, List.of(), Map.of(), ErrorPolicy.fail());
    Step first =
        new Step("first", sessions, List.of(new Target.ToStep(0, 0)), Map.of(), ErrorPolicy.fail());
    StepOrder order = StepOrder.of(List.of(last, first));
    assertThat(order.delayMs(0)).isEqualTo(Long.MAX_VALUE);
    assertThat(order.holdsBackMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void windowsByTheClockHoldNoEventTimeBack() {
    StageOperator window =
        window(Windows.tumbling(SECOND).inProcessingTime(), Duration.ofSeconds(5));
    assertThat(window.holdsBackMs()).isZero();
    assertThat(window.granularity()).isEqualTo(ShuffleEdge.Granularity.ofClock(1_000));
  }

  @Test
  void windowsAndSortedInputAreOverAtTheEnd() {
    assertThat(window(Windows.tumbling(SECOND), SECOND).boundToEnd()).isPresent();
    keyed().sortedByEventTime().process(Counting::new).to(ConsoleSink.lines());
    assertThat(only(StageKeyedProcess.class).boundToEnd()).isPresent();
  }

  @Test
  void otherOperatorsGoOnAfterTheEnd() {
    keyed().count().changes().to(ConsoleSink.lines());
    keyed().process(Counting::new).to(ConsoleSink.lines());
    assertThat(only(StageAggregate.class).boundToEnd()).isEmpty();
    assertThat(only(StageKeyedProcess.class).boundToEnd()).isEmpty();
  }

  @Test
  void keysOfMapsAreKeysInsideOfRows() {
    keyed().process(Counting::new).to(ConsoleSink.lines());
    assertThat(only(StageKeyedProcess.class).innerKeys())
        .hasSize(1)
        .containsEntry("map 'counts'", Integer.class);
  }

  @Test
  void callsTakeAllAttemptsOfTheErrorPolicyUnlessTheyHaveTheirOwn() {
    words
        .mapAsync(CompletableFuture::completedFuture, Async.inFlight(1).timeout(SECOND))
        .to(ConsoleSink.lines());
    assertThat(only(StatelessOperation.MapAsync.class).longestCall())
        .contains(Async.inFlight(1).timeout(SECOND).retries(2, SECOND).longest());
    StatelessOperation.MapAsync own =
        new StatelessOperation.MapAsync(
            CompletableFuture::completedFuture,
            Async.inFlight(1).timeout(SECOND).retries(1, SECOND));
    assertThat(own.retrying(ErrorPolicy.fail().retries(9, SECOND))).isSameAs(own);
  }

  @Test
  void sinksThatUpsertNeedNoRowsOfBefore() {
    keyed().count().to(KafkaSink.upsert("counts"));
    StageOperator.WriteKafka sink = only(StageOperator.WriteKafka.class);
    assertThat(sink.readsBefore()).isFalse();
    assertThat(sink.kafkaSink()).map(spec -> spec.topic()).contains("counts");
    assertThat(only(StageAggregate.class).needsBefore()).isFalse();
  }

  @Test
  void allOtherReadersOfChangesNeedThem() {
    keyed().count().changes().to(KafkaSink.json("changes"));
    assertThat(only(StageOperator.WriteKafka.class).readsBefore()).isTrue();
    assertThat(only(StageAggregate.class).needsBefore()).isTrue();
  }

  @Test
  void sinksThatPrepareNeedAChangelogAndTheirOwnPace() {
    WriterSink<String> files = FileSink.jsonLines(Path.of("out"));
    StageOperator sink = written(files);
    assertThat(sink.needsChangelog()).isTrue();
    assertThat(sink.keepsState()).isFalse();
    assertThat(sink.minCommitInterval()).isEqualTo(files.minCommitInterval()).isPositive();
  }

  @Test
  void otherSinksNeedNeither() {
    StageOperator sink = written(ConsoleSink.lines());
    assertThat(sink.needsChangelog()).isFalse();
    assertThat(sink.minCommitInterval()).isZero();
    assertThat(sink.kafkaSink()).isEmpty();
  }

  private StageOperator written(Sink<? super String> sink) {
    words.to(sink);
    return only(StageOperator.WriteOut.class);
  }
}
