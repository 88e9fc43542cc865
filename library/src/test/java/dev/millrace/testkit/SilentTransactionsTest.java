package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ValueState;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Emission;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Transactions of which nobody would see the commit, and what ends them. Nothing is committed here
 * but by the workers themselves, by a clock that the test moves.
 */
final class SilentTransactionsTest {

  record Reading(String sensor, Instant at, long value) {}

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final TypeRef<String> TEXTS = TypeRef.of(String.class);
  private static final Duration STEP = Duration.ofMillis(10);
  private static final Duration LONG_STEP = Duration.ofMillis(50);

  /** Enough for a few commits of each stage, and nothing to the longest interval. */
  private static final Duration SOON = Duration.ofMillis(150);

  private static final Duration LONGEST = Duration.ofSeconds(3);

  private final SimClock clock = new SimClock(START);
  private final TestCluster cluster = new TestCluster(clock);
  private final Outputs outputs = new Outputs(cluster);
  private final TestTopic<Reading> readings =
      new TestTopic<>(cluster, "readings", new Format.Json<>(TypeRef.of(Reading.class)));
  private Driver driver;

  private void start(Job job, String... settings) {
    begin(job, settings);
    driver.run();
    pass(SOON);
  }

  private void begin(Job job, String... settings) {
    for (String topic : List.of("in", "rows", "others", "out")) {
      cluster.createIfMissing(topic, 1);
    }
    cluster.createIfMissing("readings", 2);
    JobConfig config = JobTest.builder(job).config();
    for (int i = 0; i < settings.length; i += 2) {
      config = config.with(settings[i], settings[i + 1]);
    }
    driver = Drivers.of(job, config, cluster, clock);
    driver.start();
  }

  /** Lets everybody take turns while time passes. */
  private void pass(Duration time) {
    Duration step = time.compareTo(LONGEST.minus(SOON)) < 0 ? STEP : LONG_STEP;
    for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plus(step)) {
      for (SteppedInstance instance : driver.instances()) {
        instance.workers().forEach(Worker::turn);
      }
      clock.advance(step);
    }
  }

  private List<Worker> workers(String stage) {
    List<Worker> workers = new ArrayList<>();
    driver.instances().forEach(each -> workers.addAll(each.workersByStage().get(stage)));
    return workers;
  }

  private long commits(String stage) {
    return workers(stage).stream().mapToLong(worker -> worker.metrics().commits()).sum();
  }

  private void sendText(String topic, String key, String value) {
    cluster.send(new ProducerRecord<>(topic, 0, bytes(key), bytes(value)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Readings of a second, one in each partition. */
  private void sendReadings(int second, long value) {
    for (int partition = 0; partition < 2; partition++) {
      readings.send(partition, new Reading("a", START.plusSeconds(second), value));
    }
  }

  private static DataStream<Reading> source(Job job) {
    return job.source(
        KafkaSource.json("readings", Reading.class)
            .eventTime(Reading::at)
            .watermarks(Watermarks.monotonous()));
  }

  private static Job sums() {
    Job job = Job.named("job");
    source(job)
        .filter(reading -> reading.value() != 0)
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .sum(Reading::value)
        .name("sums")
        .map(result -> result.window().start().getEpochSecond() % 60 + ":" + result.value())
        .to(KafkaSink.strings("out"));
    return job;
  }

  private List<String> out() {
    return outputs.values("out", TEXTS);
  }

  // ------------------------------------------------------------------ windows

  @Test
  void windowsAreCommittedWhenTheyFireAndElseAsRarelyAsTheyMayBe() {
    start(sums());
    long sums = commits("sums");
    long sources = commits("readings");
    for (int i = 0; i < 50; i++) {
      sendReadings(5, 1);
      pass(Duration.ofMillis(20));
    }
    assertThat(commits("sums") - sums).isZero();
    assertThat(commits("readings") - sources).isGreaterThanOrEqualTo(45);
    sendReadings(6, 1);
    pass(SOON);
    assertThat(out()).containsExactly("5:100");
    assertThat(commits("sums") - sums).isBetween(1L, 2L);
  }

  @Test
  void theLongestIntervalEndsThemInAnyCase() {
    start(sums());
    pass(LONGEST);
    long before = commits("sums");
    sendReadings(5, 1);
    pass(LONGEST.minus(SOON));
    assertThat(commits("sums")).isEqualTo(before);
    pass(SOON.multipliedBy(2));
    assertThat(commits("sums")).isEqualTo(before + 1);
    pass(LONGEST.multipliedBy(2));
    assertThat(commits("sums")).as("there is nothing to commit").isEqualTo(before + 1);
    assertThat(workers("sums").get(0).view().pace().cause())
        .isEqualTo(CommitPace.Cause.NOTHING_TO_SHOW);
  }

  @Test
  void aTimeThatASourceWithoutOutputComesToIsSentAtOnce() {
    start(sums());
    sendReadings(5, 1);
    pass(SOON);
    sendReadings(6, 0); // filtered out
    pass(SOON);
    assertThat(out()).containsExactly("5:2");
  }

  private static final class Silent extends KeyedProcessFunction<String, Reading, Reading> {
    private final ValueState<Long> last = state.value("last", Long.class);

    @Override
    public void onRecord(Reading reading, Context context) {
      last.set(reading.value());
      if (reading.value() < 0) {
        throw new IllegalArgumentException("negative");
      }
      if (reading.value() > 1) {
        context.emit(reading);
      }
    }
  }

  private static Job silentStage() {
    Job job = Job.named("job");
    source(job)
        .keyBy(Reading::sensor)
        .process(Silent::new)
        .name("silent")
        .onError(ErrorPolicy.deadLetter())
        .keyBy(reading -> reading.sensor() + "!")
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .sum(Reading::value)
        .name("sums")
        .map(result -> result.window().start().getEpochSecond() % 60 + ":" + result.value())
        .to(KafkaSink.strings("out"));
    return job;
  }

  @Test
  void aTimeThatPassesThroughAStageIsSentOnAtOnce() {
    start(silentStage());
    sendReadings(5, 7);
    pass(SOON);
    long before = commits("silent");
    sendReadings(6, 1);
    pass(SOON);
    assertThat(out()).containsExactly("5:14");
    assertThat(commits("silent")).isGreaterThan(before);
    long after = commits("silent");
    sendReadings(6, 1);
    pass(LONGEST.minus(SOON));
    assertThat(commits("silent")).isEqualTo(after);
  }

  @Test
  void deadLettersAreSentAtOnce() {
    start(silentStage());
    sendReadings(6, 1);
    pass(SOON);
    sendReadings(6, -1);
    pass(SOON);
    assertThat(outputs.deadLetters("job.errors")).hasSize(2);
  }

  @Test
  void theEndOfTheInputIsCommittedAtOnce() {
    cluster.createIfMissing("readings", 2);
    sendReadings(5, 1);
    begin(sums(), "until.end", "true");
    pass(Duration.ofSeconds(1));
    assertThat(out()).containsExactly("5:2");
    assertThat(driver.isFinished()).isTrue();
  }

  /** A last stage has nobody to send its end to, but announces it. */
  @Test
  void theEndOfAnInputWithoutResultsIsCommittedAtOnce() {
    cluster.createIfMissing("readings", 2);
    sendReadings(5, 0);
    Job job = Job.named("job");
    source(job)
        .filter(reading -> reading.value() != 0)
        .map(Reading::sensor)
        .to(KafkaSink.strings("out"));
    begin(job, "until.end", "true");
    pass(Duration.ofSeconds(1));
    assertThat(driver.isFinished()).isTrue();
  }

  // ------------------------------------------------------------------ faults

  @Test
  void whatWasTakenUpInSilenceCountsOnceIfTheProcessIsKilled() {
    start(sums());
    sendReadings(5, 1);
    pass(SOON);
    long before = commits("sums");
    sendReadings(5, 10);
    pass(SOON);
    assertThat(commits("sums")).isEqualTo(before);
    driver.kill(0);
    driver.start();
    pass(Duration.ofSeconds(1));
    sendReadings(6, 1);
    pass(SOON);
    assertThat(out()).containsExactly("5:22");
  }

  @Test
  void whoStopsCommitsFirst() {
    start(sums());
    sendReadings(5, 1);
    pass(SOON);
    driver.stop(0);
    driver.start();
    pass(Duration.ofSeconds(1));
    assertThat(workers("sums").get(0).metrics().recordsIn()).as("repeated").isZero();
    sendReadings(6, 1);
    pass(SOON);
    assertThat(out()).containsExactly("5:2");
  }

  @ParameterizedTest
  @EnumSource(names = {"REFUSED", "ABORTED_UNKNOWN", "COMMITTED_UNKNOWN"})
  void whatWasTakenUpInSilenceCountsOnceIfItsCommitFails(CommitFault fault) {
    start(sums());
    pass(LONGEST);
    sendReadings(5, 1);
    boolean[] failed = {false};
    cluster
        .kafka()
        .injectFaults(
            id -> {
              boolean now = id.contains("-sums-") && !failed[0];
              failed[0] |= now;
              return now ? fault : CommitFault.NONE;
            });
    pass(LONGEST.plus(SOON));
    assertThat(failed[0]).isTrue();
    assertThat(workers("sums").get(0).metrics().aborts()).isEqualTo(1);
    long before = commits("sums");
    sendReadings(5, 10);
    pass(Duration.ofMillis(300));
    assertThat(commits("sums")).as("the next one is short").isGreaterThan(before);
    sendReadings(6, 1);
    pass(SOON);
    assertThat(out()).containsExactly("5:22");
  }

  // ------------------------------------------------------------------ others who wait

  @Test
  void framesThatWouldHoldASourceBackAreCommitted() {
    start(sums(), "backpressure.max.lag.records", "40");
    long before = commits("sums");
    for (int i = 0; i < 30; i++) {
      sendReadings(5, 1);
      pass(Duration.ofMillis(20));
      driver.instances().forEach(SteppedInstance::keepHouse);
    }
    assertThat(commits("sums") - before).isBetween(2L, 10L);
    pass(LONGEST);
    before = commits("sums");
    sendReadings(5, 1);
    pass(SOON);
    assertThat(commits("sums")).isEqualTo(before);
  }

  @Test
  void theFirstCommitProvesTheMembershipAtOnce() {
    start(sums(), "membership", "consumer");
    driver.kill(0);
    sendReadings(5, 1);
    driver.start();
    pass(Duration.ofSeconds(1));
    assertThat(commits("sums")).isPositive();
    long before = commits("sums");
    sendReadings(5, 1);
    pass(SOON);
    assertThat(commits("sums")).isEqualTo(before);
  }

  @Test
  void othersLearnTheTimeOfAnAlignedSourceAtOnce() {
    Job job = Job.named("job");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(Reading::at)
                .watermarks(Watermarks.monotonous().maxDrift(Duration.ofMinutes(1))))
        .filter(reading -> reading.value() > 1)
        .map(Reading::sensor)
        .to(KafkaSink.strings("out"));
    start(job);
    long before = commits("readings");
    sendReadings(5, 1);
    pass(SOON);
    assertThat(commits("readings")).isGreaterThan(before);
  }

  @Test
  void callsThatWereMadeAreCommittedAtOnce() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .filter(text -> !text.equals("none"))
        .mapAsync(String.class, CompletableFuture::completedFuture, Async.inFlight(10))
        .filter(text -> text.equals("shown"))
        .to(KafkaSink.strings("out"));
    start(job);
    long before = commits("in");
    sendText("in", "k", "called");
    pass(SOON);
    assertThat(commits("in")).isEqualTo(before + 1);
    sendText("in", "k", "none");
    pass(SOON);
    assertThat(commits("in")).isEqualTo(before + 1);
  }

  // ------------------------------------------------------------------ sinks

  @Test
  void whatASinkHasIsPublishedAtOnce() {
    TestSink<String> sink = TestSink.collect();
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in")).filter(text -> text.equals("shown")).to(sink);
    start(job);
    sendText("in", "k", "shown");
    pass(SOON);
    assertThat(sink.values()).containsExactly("shown");
    long before = commits("in");
    sendText("in", "k", "none");
    pass(SOON);
    assertThat(commits("in")).isEqualTo(before);
  }

  /** A sink that wants a commit now and then, of which it says nothing before. */
  private static final class Wanting implements WriterSink<String> {
    private boolean wants;
    private int commits;

    @Override
    public String name() {
      return "wanting";
    }

    @Override
    public SinkWriter<String> open(SinkContext context) {
      return new IdleSinkWriter<>() {
        @Override
        public void commit() {
          commits++;
          wants = false;
        }

        @Override
        public boolean wantsCommit(long clockMs) {
          return wants;
        }
      };
    }
  }

  @Test
  void aSinkThatWantsACommitGetsItAtOnce() {
    Wanting sink = new Wanting();
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in")).filter(text -> text.equals("shown")).to(sink);
    start(job);
    int before = sink.commits;
    sendText("in", "k", "none");
    pass(SOON);
    assertThat(sink.commits).isEqualTo(before);
    sink.wants = true;
    pass(SOON);
    assertThat(sink.commits).isEqualTo(before + 1);
  }

  // ------------------------------------------------------------------ what is held back

  /** Operators that emit at the commit. */
  private enum Held {
    COUNTS {
      @Override
      void add(Job job) {
        job.source(KafkaSource.strings("rows"))
            .keyBy(row -> row)
            .count()
            .to(KafkaSink.upsert("out"));
      }
    },
    JOINED_TABLES {
      @Override
      void add(Job job) {
        table(job, "rows")
            .join(table(job, "others"))
            .outer((row, other) -> row + other)
            .to(KafkaSink.upsert("out"));
      }
    },
    FOREIGN_KEYS {
      @Override
      void add(Job job) {
        table(job, "rows")
            .onForeignKey(row -> row)
            .join(table(job, "others"))
            .left((row, other) -> row + other)
            .to(KafkaSink.upsert("out"));
      }
    },
    WINDOWS {
      @Override
      void add(Job job) {
        job.source(KafkaSource.strings("rows"))
            .keyBy(row -> row)
            .window(Windows.tumbling(Duration.ofHours(1)))
            .emit(Emission.onUpdate())
            .count()
            .to(KafkaSink.upsert("out"));
      }
    },
    SESSIONS {
      @Override
      void add(Job job) {
        job.source(KafkaSource.strings("rows"))
            .keyBy(row -> row)
            .window(Windows.session(Duration.ofHours(1)))
            .emit(Emission.onUpdate())
            .count()
            .to(KafkaSink.upsert("out"));
      }
    },
    LOOKED_UP {
      @Override
      void add(Job job) {
        job.source(KafkaSource.strings("rows"))
            .join(
                MadeTable.BY_A_JOIN_WHERE_GROUPS_LIE.of(
                    () -> table(job, "others"), () -> table(job, "in")))
            .on(row -> row)
            .left((row, other) -> row + other)
            .to(KafkaSink.strings("out"));
      }
    };

    abstract void add(Job job);

    private static Table<String, String> table(Job job, String topic) {
      return job.table(KafkaTable.strings(topic, String.class));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatOperatorsHoldBackUntilTheCommitIsCommittedAtOnce(Held held) {
    Job job = Job.named("job");
    held.add(job);
    start(job);
    sendText("rows", "k", "a");
    pass(SOON);
    assertThat(cluster.committed("out")).hasSize(1);
  }

  /** Operators are one after the other in a task, each a commit later than the one before. */
  @Test
  void aTimeThatPassesThroughTheOperatorsOfATaskIsSentOnAtOnce() {
    Job job = Job.named("job");
    groups(job, "rows")
        .join(groups(job, "others"))
        .outer((row, other) -> row + "/" + other)
        .changes()
        .keyBy(change -> "all")
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .count()
        .map(result -> "" + result.value())
        .to(KafkaSink.strings("out"));
    start(job);
    sendRow("rows", 5, "a");
    sendRow("others", 5, "a");
    pass(SOON);
    sendRow("rows", 7, null); // of a key that has no row: a time, and no change
    sendRow("others", 7, null);
    pass(SOON);
    assertThat(out()).hasSize(1);
  }

  private static Table<String, Long> groups(Job job, String topic) {
    return job.table(KafkaTable.strings(topic, String.class).watermarks(Watermarks.monotonous()))
        .groupBy((key, row) -> row)
        .count();
  }

  private void sendRow(String topic, int second, @Nullable String row) {
    long timeMs = START.plusSeconds(second).toEpochMilli();
    byte[] key = bytes(row == null ? "none" : "k");
    cluster.send(new ProducerRecord<>(topic, 0, timeMs, key, row == null ? null : bytes(row)));
  }

  /** What stood in the topics of tables comes through the operators of a task commit by commit. */
  @ParameterizedTest
  @EnumSource
  void aStreamDoesNotWaitLongForTablesThatAreMadeOfOthers(MadeTable made) {
    cluster.createIfMissing("stream", 1);
    for (String topic : List.of("rows", "others")) {
      cluster.createIfMissing(topic, 1);
      sendRow(topic, 0, null); // No row results from it.
    }
    Job job = Job.named("job");
    StandingRows.lookUp(StandingRows.stream(job), StandingRows.made(job, made));
    // The last rows to arrive do so when all else is done.
    begin(job, "stages", StandingRows.allBut(job, made.isOfTwo() ? "others" : "rows"));
    sendText("stream", "k", "a:1");
    pass(Duration.ofSeconds(1));
    assertThat(out()).isEmpty();
    driver.configure(driver.config().with("stages", ""));
    driver.start();
    pass(Duration.ofSeconds(2));
    assertThat(out()).containsExactly("a:1+null");
  }
}
