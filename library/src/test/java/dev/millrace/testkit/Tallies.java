package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.internal.query.Pending;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.query.StateAnswer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A job that counts numbers by key, on instances that take turns, and questions to its state.
 *
 * <p>The numbers of each key count from 1, in one partition of the input. So whatever was processed
 * of a key, each once and in order, is known by its number alone: an answer that is not the fold of
 * a prefix of the key's records contradicts itself.
 */
final class Tallies {

  static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  static final int KEYS = 6;
  private static final int PARTITIONS = 2;

  final SimClock clock = new SimClock(START);
  final TestCluster cluster = new TestCluster(clock);
  final Map<String, Long> sent = new TreeMap<>();
  private PhysicalPlan plan;
  private Driver driver;

  static Job job() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(Tally::of)
        .keyBy(Tally::key)
        .parallelism(3)
        .reduce(Tally::with)
        .name("tallies")
        .mapValues(Tally::count)
        .to(KafkaSink.upsert("out"));
    return job;
  }

  /**
   * Begins a job with one instance, whose state is in memory unless the settings have a directory.
   */
  void begin(Job job, long seed, String... settings) {
    cluster.createIfMissing("in", PARTITIONS);
    cluster.createIfMissing("out", 1);
    JobConfig config = JobTest.builder(job).config();
    for (int i = 0; i < settings.length; i += 2) {
      config = config.with(settings[i], settings[i + 1]);
    }
    plan = Launcher.plan(PlanAccess.of(job), config);
    driver =
        new Driver(
            plan,
            config,
            cluster.kafka(),
            clock,
            new Driver.Mode(seed, !List.of(settings).contains("state.dir")));
    driver.start();
  }

  void send(String key) {
    long number = sent.merge(key, 1L, Long::sum);
    cluster.send(
        new ProducerRecord<>(
            "in",
            Math.floorMod(key.hashCode(), PARTITIONS),
            null,
            (key + ":" + number).getBytes(StandardCharsets.UTF_8)));
  }

  /** Lets everybody take turns while time passes. */
  void pass(Duration time) {
    for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plusMillis(5)) {
      for (SteppedInstance instance : driver.instances()) {
        instance.workers().forEach(Worker::turn);
      }
      clock.advance(Duration.ofMillis(5));
    }
  }

  Map<String, Tally> committed() {
    return new StateRows(cluster, plan).table("tallies", String.class, Tally.class);
  }

  static LocalQuery<String, Tally> query(SteppedInstance instance) {
    return instance.queries().of("tallies", String.class, Tally.class);
  }

  static long count(StateAnswer<Tally> answer) {
    return answer.value().map(Tally::count).orElse(0L);
  }

  static <A> A now(Pending<A> pending) {
    try {
      A answer = pending.await(Duration.ZERO);
      assertThat(answer).isNotNull();
      return answer;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static long tally(Map<String, Tally> tallies, String key) {
    Tally tally = tallies.get(key);
    return tally == null ? 0 : tally.count();
  }

  Driver driver() {
    return driver;
  }

  void killAll() {
    cluster.kafka().injectFaults(CommitFaults.NEVER);
    if (driver != null) {
      driver.killAll();
    }
  }
}
