package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Records that take long amid others that do not: a worker polls in time, and its transactions get
 * through. The clock is moved by functions, and by the waits of error policies.
 */
final class SlowRecordsTest {

  private static final TypeRef<String> TEXTS = TypeRef.of(String.class);
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final Duration QUICK = Duration.ofNanos(200);

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final TestCluster cluster = new TestCluster(clock);
  private Duration longestTurn = Duration.ZERO;

  private Driver start(Job job) {
    cluster.createIfMissing("in", 1);
    cluster.createIfMissing("out", 1);
    JobConfig config = JobTest.builder(job).config();
    Driver driver = Drivers.of(job, config, cluster, clock);
    driver.start();
    driver.run();
    return driver;
  }

  private void send(String word, int count) {
    for (int i = 0; i < count; i++) {
      cluster.send(new ProducerRecord<>("in", word.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private Worker worker(Driver driver) {
    return driver.instances().get(0).workers().get(0);
  }

  private void turn(Driver driver, int turns) {
    for (int i = 0; i < turns; i++) {
      for (SteppedInstance instance : driver.instances()) {
        for (Worker each : instance.workers()) {
          long before = clock.nanos();
          boolean ignored = each.turn();
          Duration turn = Duration.ofNanos(clock.nanos() - before);
          longestTurn = turn.compareTo(longestTurn) > 0 ? turn : longestTurn;
        }
      }
    }
  }

  /** Repeats each word with a large one, quickly; but a bad one fails. */
  private Job copies(ErrorPolicy errors) {
    String large = "x".repeat(100_000);
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(
            String.class,
            word -> {
              clock.advance(QUICK);
              if (word.equals("bad")) {
                throw new IllegalArgumentException("a bad one");
              }
              return word + large;
            })
        .onError(errors)
        .to(KafkaSink.strings("out"));
    return job;
  }

  /** As {@code RetryWaits} promises, which allows each of them half of the time between polls. */
  @Test
  void waitsOfSeveralRecordsDoNotAddUp() {
    Duration wait = Duration.ofSeconds(25);
    Driver driver = start(copies(ErrorPolicy.skip().retries(1, wait)));
    send("good", 500);
    send("bad", 20);
    turn(driver, 40);
    assertThat(longestTurn).isBetween(wait, wait.plus(SLICE));
    driver.run();
    assertThat(worker(driver).metrics().skippedRecords()).isGreaterThanOrEqualTo(20);
    assertThat(new Outputs(cluster).values("out", TEXTS).size()).isEqualTo(500);
  }

  /**
   * By the time it is dropped brokers have aborted what was sent before it, so it must not come
   * with that again.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 30})
  void aRecordThatOutlastsATransactionGetsThrough(int bad) {
    Driver driver = start(copies(ErrorPolicy.deadLetter().retries(1, Duration.ofSeconds(12))));
    send("good", 40);
    send("bad", bad);
    send("good", 5);
    driver.run();
    assertThat(new Outputs(cluster).values("out", TEXTS).size()).isEqualTo(45);
    assertThat(worker(driver).metrics().deadLetters()).isGreaterThanOrEqualTo(bad);
    assertThat(cluster.committed("job.errors")).hasSize(bad);
    assertThat(worker(driver).metrics().aborts()).isLessThanOrEqualTo(1);
  }

  /** A frame of many records is processed as a whole. */
  @Test
  void aFrameOfRecordsThatAreEachALittleSlowGetsThrough() {
    String result = "x".repeat(1_000);
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .rebalance()
        .map(
            String.class,
            word -> {
              clock.advance(Duration.ofMillis(12));
              return word + result;
            })
        .to(KafkaSink.strings("out"));
    Driver driver = start(job);
    send("word", 1_000);
    driver.run();
    assertThat(new Outputs(cluster).values("out", TEXTS).size()).isEqualTo(1_000);
    for (Worker each : driver.instances().get(0).workers()) {
      assertThat(each.metrics().aborts()).isZero();
    }
  }

  /** With what comes after a window, which fires at once: from memory, or from rows. */
  @ParameterizedTest
  @CsvSource({"false,0,10", "true,0,10", "false,12000,10", "true,12000,10", "false,12000,0"})
  void aFiringIsSpreadOverTurnsAndTransactions(boolean fromRows, int waitMs, int rowMs) {
    String result = "x".repeat(1_000);
    int keys = 3_000;
    int bad = waitMs == 0 ? 0 : 10;
    Job job = Job.named("job");
    job.source(
            KafkaSource.strings("in")
                .eventTime(SlowRecordsTest::time)
                .watermarks(Watermarks.monotonous()))
        .keyBy(word -> word)
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .count()
        .map(
            String.class,
            count -> {
              clock.advance(rowMs == 0 ? QUICK : Duration.ofMillis(rowMs));
              if (Integer.parseInt(count.key().split("@")[0]) < bad) {
                throw new IllegalArgumentException("a bad one");
              }
              return count.key() + result;
            })
        .onError(ErrorPolicy.skip().retries(waitMs == 0 ? 0 : 1, Duration.ofMillis(waitMs)))
        .to(KafkaSink.strings("out"));
    Driver driver = start(job);
    for (int i = 0; i < keys; i++) {
      send(i + "@1", 1);
    }
    if (fromRows) {
      driver.run();
    }
    send("0@20", 1);
    for (int i = 0; i < 100; i++) {
      turn(driver, 1);
      clock.advance(Duration.ofSeconds(1)); // A poll may take its time, too.
    }
    assertThat(new Outputs(cluster).values("out", TEXTS).size()).isGreaterThan(keys / 2);
    driver.run();
    assertThat(new Outputs(cluster).values("out", TEXTS).size()).isEqualTo(keys - bad);
    assertThat(longestTurn).isLessThan(Duration.ofMillis(500 + 160 + waitMs + SLICE.toMillis()));
    for (Worker each : driver.instances().get(0).workers()) {
      assertThat(each.metrics().aborts()).isLessThanOrEqualTo(2L * bad);
    }
  }

  private static Instant time(String word) {
    return Instant.ofEpochSecond(Long.parseLong(word.split("@")[1]));
  }

  /** The same for a function that is slow by itself, which is not noticed at once. */
  @Test
  void functionsThatSuddenlyTakeLongGetThrough() {
    String large = "x".repeat(100_000);
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(
            String.class,
            word -> {
              clock.advance(word.equals("slow") ? Duration.ofSeconds(2) : QUICK);
              return word + large;
            })
        .to(KafkaSink.strings("out"));
    Driver driver = start(job);
    send("good", 200);
    send("slow", 50);
    send("good", 5);
    driver.run();
    List<String> out = new Outputs(cluster).values("out", TEXTS);
    assertThat(out.size()).isEqualTo(255);
    assertThat(worker(driver).metrics().aborts()).isLessThanOrEqualTo(2);
  }
}
