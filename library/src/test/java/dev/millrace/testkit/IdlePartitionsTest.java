package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a worker goes through neither makes the records of an idle partition late nor keeps time.
 */
final class IdlePartitionsTest {

  record Reading(String sensor, Instant at, long value) {}

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final SimClock clock = new SimClock(START);
  private final TestCluster cluster = new TestCluster(clock);
  private final TestTopic<Reading> readings =
      new TestTopic<>(cluster, "readings", new Format.Json<>(TypeRef.of(Reading.class)));

  private static Job sums() {
    Job job = Job.named("idle");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(Reading::at)
                .watermarks(Watermarks.monotonous().idleness(TIMEOUT)))
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .sum(Reading::value)
        .map(r -> r.key() + " " + r.window().start() + " " + r.value())
        .to(KafkaSink.strings("sums"));
    return job;
  }

  private Driver started(Job job) {
    cluster.createIfMissing("readings", 2);
    cluster.createIfMissing("sums", 1);
    JobConfig config = JobTest.builder(job).config().with("max.poll.records", "1");
    Driver driver = Drivers.of(job, config, cluster, clock);
    driver.start();
    return driver;
  }

  @Test
  void whatWaitsInTheShuffleIsNotLeftOut() {
    Driver driver = started(sums());
    readings.send(0, reading(5, 1)).send(1, reading(5, 1));
    driver.run();
    for (int i = 0; i < 4; i++) {
      clock.advance(TIMEOUT);
      driver.run(); // a pause of all
    }
    readings.send(0, reading(6, 1));
    driver.run();

    clock.advance(Duration.ofSeconds(3));
    readings.send(0, reading(8, 1));
    driver.run();

    // What follows comes in time, but the task behind the shuffle is held up past the grace.
    readings.send(0, reading(30, 1));
    turnSources(driver.instances().get(0));
    readings.send(1, reading(7, 1));
    turnSources(driver.instances().get(0));
    clock.advance(Duration.ofSeconds(3));
    driver.run();
    readings.send(1, reading(31, 1));
    driver.run();
    assertThat(output()).contains("a 2026-03-01T12:00:07Z 1");
    driver.killAll();
  }

  @Test
  void channelsAreExcludedWhoseGracesEndBetweenTwoTurns() {
    Driver driver = started(sums());
    readings.send(0, reading(5, 1), reading(30, 1));
    driver.run();
    Duration later = Duration.ofSeconds(1);
    clock.advance(later);
    readings.send(1, reading(5, 1));
    driver.run();
    // Each becomes idle when half of its timeout is over, and the other half is the grace.
    clock.advance(TIMEOUT.dividedBy(2).minus(later));
    driver.run();
    clock.advance(later);
    driver.run();
    clock.advance(TIMEOUT.dividedBy(2).minus(later));
    turnAfterShuffle(driver.instances().get(0));
    assertThat(output()).as("the grace of the second is not over").isEmpty();
    clock.advance(later);
    driver.run();
    assertThat(output()).containsExactly("a 2026-03-01T12:00:05Z 2");
    driver.killAll();
  }

  private static void turnSources(SteppedInstance instance) {
    for (int i = 0; i < 5; i++) {
      for (Worker worker : instance.workersByStage().get("readings")) {
        boolean ignored = worker.turn() | worker.commitPending();
      }
    }
  }

  private static void turnAfterShuffle(SteppedInstance instance) {
    instance
        .workersByStage()
        .forEach(
            (stage, workers) -> {
              if (!stage.equals("readings")) {
                workers.forEach(Worker::turn);
              }
            });
  }

  private List<String> output() {
    return new Outputs(cluster).values("sums", TypeRef.of(String.class));
  }

  @Test
  void abortedTransactionsDoNotMakeSilenceBeginAnew() {
    try (JobTest test = JobTest.builder(sums()).startAt(START).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
      readings.send(0, reading(5, 1)).send(1, reading(5, 1));
      test.run();
      for (int second = 12; second < 36; second += 2) {
        readings.send(0, reading(second, 1));
        test.advanceProcessingTime(Duration.ofSeconds(2));
        // The source's, and that of the task behind the shuffle.
        test.failCommit(test.commits(), CommitFailure.ABORTED);
        test.failCommit(test.commits() + 2, CommitFailure.ABORTED);
        readings.send(0, reading(second, 1));
        test.run();
      }
      assertThat(test.output("sums", String.class)).contains("a 2026-03-01T12:00:05Z 2");
    }
  }

  private static Reading reading(int second, long value) {
    return new Reading("a", START.plusSeconds(second), value);
  }
}
