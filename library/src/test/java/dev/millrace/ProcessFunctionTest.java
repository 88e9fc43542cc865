package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.time.TimeDomain;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ProcessFunctionTest {

  private static final OutputTag<String> REJECTED = OutputTag.of("rejected", String.class);

  record Transfer(String account, long atMs, long amount) {}

  record Spent(String account, long sum, long untilMs) {}

  /** Sums what an account spends until it has been quiet for ten seconds of event time. */
  static final class Quiet extends KeyedProcessFunction<String, Transfer, Spent> {
    private final ValueState<Long> sum = state.value("sum", Long.class);
    private final ValueState<Instant> end = state.value("end", Instant.class);
    private final ListState<Long> amounts = state.list("amounts", Long.class);
    private final MapState<Long, Long> counts = state.map("counts", Long.class, Long.class);

    @Override
    public void onRecord(Transfer transfer, Context context) {
      if (transfer.amount() < 0) {
        context.emit(REJECTED, transfer.account() + transfer.amount());
        return;
      }
      sum.set(sum.valueOr(0L) + transfer.amount());
      amounts.add(transfer.amount());
      Long count = counts.value(transfer.amount());
      counts.put(transfer.amount(), count == null ? 1 : count + 1);
      Instant before = end.value();
      Instant now = context.eventTime().plusSeconds(10);
      if (before == null || now.isAfter(before)) {
        if (before != null) {
          context.timers().cancelEventTime(before);
        }
        context.timers().setEventTime(now);
        end.set(now);
      }
      if (transfer.amount() == 13) {
        throw new IllegalArgumentException("unlucky");
      }
    }

    @Override
    public void onTimer(Instant time, Context context) {
      long total = 0;
      for (long amount : amounts.values()) {
        total += amount;
      }
      long counted = 0;
      for (Map.Entry<Long, Long> entry : counts.entries()) {
        counted += entry.getKey() * entry.getValue();
      }
      long said = sum.valueOr(0L);
      if (total != said || counted != said) {
        throw new IllegalStateException(total + ", " + counted + " and " + said);
      }
      context.emit(new Spent(context.key(), said, time.toEpochMilli()));
      sum.clear();
      end.clear();
      amounts.clear();
      counts.clear();
    }
  }

  @Test
  void timersFireBecauseTimePassedAndFailedCallsLeaveNoTrace() {
    try (JobTest test = JobTest.of(quietJob())) {
      test.topic("transfers", Transfer.class)
          .partitions(2)
          .send(0, new Transfer("a", 1_000, 5), new Transfer("a", 4_000, 13))
          .send(1, new Transfer("a", 3_000, 2), new Transfer("b", 2_000, -7));
      test.run();
      assertThat(test.output("spent", Spent.class)).isEmpty();
      assertThat(test.output("rejected", String.class)).containsExactly("b-7");
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(test.deadLetters().get(0).operator()).isEqualTo("quiet");
      test.restart();
      // The one at 4 s failed, so that it is quiet from 3 s on.
      test.topic("transfers", Transfer.class)
          .partitions(2)
          .send(0, new Transfer("c", 12_999, 1))
          .send(1, new Transfer("c", 12_999, 1));
      test.run();
      assertThat(test.output("spent", Spent.class)).isEmpty();
      test.topic("transfers", Transfer.class)
          .partitions(2)
          .send(0, new Transfer("c", 13_000, 1))
          .send(1, new Transfer("c", 13_000, 1));
      test.run();
      assertThat(test.output("spent", Spent.class)).containsExactly(new Spent("a", 7, 13_000));
      test.endInput();
      assertThat(test.output("spent", Spent.class))
          .containsExactlyInAnyOrder(new Spent("a", 7, 13_000), new Spent("c", 4, 23_000));
    }
  }

  private static Job quietJob() {
    Job job = Job.named("quiet");
    DataStream<Spent> spent =
        job.source(
                KafkaSource.json("transfers", Transfer.class)
                    .eventTime(transfer -> Instant.ofEpochMilli(transfer.atMs()))
                    .watermarks(Watermarks.monotonous()))
            .keyBy(Transfer::account)
            .parallelism(2)
            .process(Quiet::new, REJECTED)
            .name("quiet")
            .onError(ErrorPolicy.deadLetter());
    spent.to(KafkaSink.json("spent"));
    spent.sideOutput(REJECTED).to(KafkaSink.strings("rejected"));
    return job;
  }

  /** Counts each key's records, and says the count a second later. */
  static final class Counter extends KeyedProcessFunction<String, String, String> {
    private final ValueState<Long> count =
        state.value("count", Long.class).expireAfter(Duration.ofHours(1), TimeDomain.PROCESSING);

    @Override
    public void onRecord(String line, Context context) {
      long next = count.valueOr(0L) + 1;
      count.set(next);
      context.emit(context.key() + " " + next);
      context.timers().setProcessingTime(context.processingTime().plusSeconds(1));
    }

    @Override
    public void onTimer(Instant time, Context context) {
      context.emit(context.key() + " after " + count.value());
    }
  }

  private static Job counterJob() {
    Job job = Job.named("counter");
    job.source(KafkaSource.strings("lines"))
        .keyBy(line -> line.substring(0, 1))
        .parallelism(2)
        .process(Counter::new)
        .to(KafkaSink.strings("counts"));
    return job;
  }

  @Test
  void processingTimeMovesWithTheClockAlsoWithoutInputAndAcrossARestart() {
    try (JobTest test = JobTest.of(counterJob())) {
      test.topic("lines", String.class).send(0, "a", "a");
      test.run();
      assertThat(test.output("counts", String.class)).containsExactly("a 1", "a 2");
      test.advanceProcessingTime(Duration.ofMillis(999));
      assertThat(test.output("counts", String.class)).hasSize(2);
      test.restart();
      test.advanceProcessingTime(Duration.ofMillis(1));
      assertThat(test.output("counts", String.class)).hasSize(3).contains("a after 2");
      test.advanceProcessingTime(Duration.ofMinutes(59));
      test.topic("lines", String.class).send(0, "a");
      test.advanceProcessingTime(Duration.ofMinutes(59));
      test.topic("lines", String.class).send(0, "a");
      test.advanceProcessingTime(Duration.ofMinutes(61));
      test.topic("lines", String.class).send(0, "a");
      test.run();
      assertThat(test.output("counts", String.class))
          .containsExactly(
              "a 1", "a 2", "a after 2", "a 3", "a after 3", "a 4", "a after 4", "a 1");
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void countsHaveNeitherGapsNorRepeatsWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt : EachCommit.with(failure).afterDeath(LocalState.LOST)) {
      try (JobTest test = attempt.start(JobTest.builder(counterJob()).instances(2))) {
        Map<String, Long> expected = new TreeMap<>();
        for (int batch = 0; batch < 4; batch++) {
          List<String> lines = new ArrayList<>();
          for (int i = 0; i < 20; i++) {
            String key = "abc".substring((i + batch) % 3, (i + batch) % 3 + 1);
            lines.add(key);
            expected.merge(key, 1L, Long::sum);
          }
          test.topic("lines", String.class).send(0, lines.toArray(new String[0]));
          test.run();
        }
        Map<String, List<Long>> counts = new TreeMap<>();
        for (String line : test.output("counts", String.class)) {
          counts
              .computeIfAbsent(line.substring(0, 1), key -> new ArrayList<>())
              .add(Long.parseLong(line.substring(2)));
        }
        Map<String, List<Long>> wanted = new TreeMap<>();
        expected.forEach(
            (key, count) -> {
              List<Long> all = new ArrayList<>();
              for (long i = 1; i <= count; i++) {
                all.add(i);
              }
              wanted.put(key, all);
            });
        assertThat(counts).as("%s", attempt).isEqualTo(wanted);
      }
    }
  }

  @Test
  void aFunctionThatIsHandedOutTwiceIsRefused() {
    Counter one = new Counter();
    KeyedStream<String, String> keyed =
        Job.named("twice").source(KafkaSource.strings("lines")).keyBy(line -> line);
    assertThatThrownBy(() -> keyed.process(() -> one))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("returned the same function twice");
  }

  /** Declares a name twice. */
  static final class Twice extends KeyedProcessFunction<String, String, String> {
    final ValueState<Long> one = state.value("same", Long.class);
    final ValueState<Long> other = state.value("same", Long.class);

    @Override
    public void onRecord(String line, Context context) {}
  }

  /** Declares state when it is too late. */
  static final class TooLate extends KeyedProcessFunction<String, String, String> {
    @Override
    public void onRecord(String line, Context context) {
      context.emit("" + state.value("late", Long.class).value());
    }
  }

  /** Wants event time. */
  static final class InEventTime extends KeyedProcessFunction<String, String, String> {
    final ValueState<Long> value =
        state.value("value", Long.class).expireAfter(Duration.ofDays(1), TimeDomain.EVENT);

    @Override
    public void onRecord(String line, Context context) {}
  }

  /** Sets a timer that would never fire. */
  static final class Timed extends KeyedProcessFunction<String, String, String> {
    @Override
    public void onRecord(String line, Context context) {
      context.timers().setEventTime(context.eventTime());
    }
  }

  @Test
  void whatCannotWorkIsSaidWhereItIsWritten() {
    assertThatThrownBy(Twice::new)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'same'");
    Job job = Job.named("event-time");
    job.source(KafkaSource.strings("lines"))
        .keyBy(line -> line)
        .process(InEventTime::new)
        .name("wants-event-time")
        .to(KafkaSink.strings("out"));
    assertThatThrownBy(() -> Launcher.plan(PlanAccess.of(job), JobConfig.defaults()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'wants-event-time'")
        .hasMessageContaining("'value'");
    assertThatThrownBy(() -> runOnce(Job.named("too-late"), TooLate::new))
        .rootCause()
        .hasMessageContaining("Declare it in a field initialiser");
    assertThatThrownBy(() -> runOnce(Job.named("timed"), Timed::new))
        .rootCause()
        .hasMessageContaining("no watermarks");
  }

  private static void runOnce(
      Job job,
      java.util.function.Supplier<KeyedProcessFunction<String, String, String>> functions) {
    job.source(KafkaSource.strings("lines"))
        .keyBy(line -> line)
        .process(functions)
        .returns(dev.millrace.serde.TypeRef.of(String.class))
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("lines", String.class).send(0, "a");
      test.run();
    }
  }

  @Test
  void theTypeOfResultsIsThatOfTheFunction() {
    Job job = Job.named("types");
    DataStream<Spent> spent =
        job.source(
                KafkaSource.json("transfers", Transfer.class)
                    .eventTime(t -> Instant.ofEpochMilli(t.atMs()))
                    .watermarks(Watermarks.monotonous()))
            .keyBy(Transfer::account)
            .process(Quiet::new, REJECTED);
    spent.keyBy(Spent::account).sum(Spent::sum).to(KafkaSink.upsert("sums"));
    spent.map(s -> s.account()).to(KafkaSink.strings("accounts"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("transfers", Transfer.class).send(new Transfer("a", 1_000, 5));
      test.endInput();
      assertThat(test.table("sums", Long.class)).as("over a shuffle").isEqualTo(Map.of("a", 5L));
      assertThat(test.output("accounts", String.class)).containsExactly("a");
    }
  }
}
