package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.runtime.Question;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.task.CommittedPosition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of a job whose sink wants to be left alone for a minute. */
final class CheckpointTest {

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final String STAGE = "counts";

  @TempDir Path directory;

  private final SimClock clock = new SimClock(START);
  private final TestCluster cluster = new TestCluster(clock);
  private Driver driver;

  @BeforeEach
  void begin() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(String::length)
        .parallelism(1)
        .count()
        .name(STAGE)
        .changes()
        .map(String::valueOf)
        .to(new SeldomSink(Duration.ofMinutes(1)));
    cluster.createIfMissing("in", 1);
    JobConfig config =
        JobTest.builder(job)
            .config()
            .with("state.store", "rocksdb")
            .with("state.dir", directory.toString());
    PhysicalPlan plan = Launcher.plan(PlanAccess.of(job), config);
    driver = new Driver(plan, config, cluster.kafka(), clock, new Driver.Mode(0, false));
    driver.start();
    pass(Duration.ofSeconds(1));
  }

  @AfterEach
  void killAll() {
    cluster.kafka().injectFaults(CommitFaults.NEVER);
    driver.killAll();
  }

  private SteppedInstance instance() {
    return driver.instances().get(0);
  }

  private Worker worker() {
    return instance().workersByStage().get(STAGE).get(0);
  }

  private void pass(Duration time) {
    for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plusMillis(5)) {
      instance().workers().forEach(Worker::turn);
      clock.advance(Duration.ofMillis(5));
    }
  }

  private void send(String... values) {
    for (String value : values) {
      cluster.send(new ProducerRecord<>("in", 0, null, value.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private Question<CommittedPosition> take() {
    Question<CommittedPosition> checkpoint = Question.checkpoint(0);
    worker().ask(checkpoint);
    return checkpoint;
  }

  private static CommittedPosition now(Question<CommittedPosition> checkpoint) {
    try {
      return Objects.requireNonNull(checkpoint.await(Duration.ZERO)).content();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void itCommitsAtOnceWhateverASinkWantsAndWritesTheStateToDisk() {
    send("a", "b", "cc");
    pass(Duration.ofMillis(500));
    assertThat(worker().metrics().commits()).as("the sink has not waited long enough").isZero();
    assertThat(worker().cells().value(Measure.STATE_DISK_BYTES)).isZero();

    Question<CommittedPosition> first = take();
    assertThat(first.isDone()).isFalse();
    pass(Duration.ofMillis(5));
    assertThat(worker().metrics().commits()).isEqualTo(1);
    assertThat(now(first).transaction()).isEqualTo(1);
    pass(Duration.ofMillis(5));
    assertThat(worker().cells().value(Measure.STATE_DISK_BYTES)).isPositive();

    send("d");
    pass(Duration.ofMillis(500));
    Question<CommittedPosition> second = take();
    pass(Duration.ofMillis(5));
    assertThat(now(second).transaction()).isEqualTo(2);
    assertThat(total(now(second).offsets())).isGreaterThan(total(now(first).offsets()));
  }

  private static long total(Map<String, Long> offsets) {
    assertThat(offsets).hasSize(1);
    return offsets.values().stream().mapToLong(offset -> offset).sum();
  }

  @Test
  void ofATaskWithoutRowsItHasTheOffsets() {
    send("a", "b", "cc");
    pass(Duration.ofMillis(500));
    Worker source =
        instance().workers().stream().filter(each -> each != worker()).findFirst().orElseThrow();
    Question<CommittedPosition> checkpoint = Question.checkpoint(0);
    source.ask(checkpoint);
    pass(Duration.ofMillis(20));
    assertThat(now(checkpoint).offsets()).isEqualTo(Map.of("in", 3L));
  }

  @Test
  void aCommitThatFailsIsRepeated() {
    send("a");
    pass(Duration.ofMillis(500));
    boolean[] failed = {false};
    cluster
        .kafka()
        .injectFaults(
            id -> {
              boolean now = id.contains("-" + STAGE + "-") && !failed[0];
              failed[0] |= now;
              return now ? CommitFault.REFUSED : CommitFault.NONE;
            });
    Question<CommittedPosition> checkpoint = take();
    pass(Duration.ofSeconds(2));
    assertThat(failed[0]).isTrue();
    assertThat(now(checkpoint).transaction()).isEqualTo(1);
  }

  @Test
  void whatIsNotHereIsRefused() {
    Question<CommittedPosition> absent = Question.checkpoint(7);
    worker().ask(absent);
    pass(Duration.ofMillis(5));
    List<Question<CommittedPosition>> asked = List.of(absent, take());
    driver.stop(0);
    for (Question<CommittedPosition> each : asked) {
      assertThatThrownBy(() -> now(each))
          .isInstanceOfSatisfying(
              StateUnavailableException.class,
              e -> assertThat(e.reason()).isIn(Reason.ELSEWHERE, Reason.STOPPED));
    }
  }
}
