package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.serde.TypeRef;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Transactions of a backlog, by a clock that only the function of the job moves. */
final class GrowingTransactionsTest {

  private static final TypeRef<Long> NUMBERS = TypeRef.of(Long.class);
  private static final TypeRef<String> TEXTS = TypeRef.of(String.class);
  private static final Duration SLICE = Duration.ofMillis(100);

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final TestCluster cluster = new TestCluster(clock);
  private final Outputs outputs = new Outputs(cluster);
  private Duration perRecord = Duration.ofMillis(1);
  private Duration longestTurn = Duration.ZERO;

  private Driver start(Job job, Map<String, String> settings) {
    cluster.createIfMissing("in", 1);
    cluster.createIfMissing("out", 1);
    JobConfig config = JobTest.builder(job).config();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      config = config.with(setting.getKey(), setting.getValue());
    }
    Driver driver = Drivers.of(job, config, cluster, clock);
    driver.start();
    driver.run();
    return driver;
  }

  private Job counts() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(String.class, this::slowly)
        .name("words")
        .keyBy(word -> word)
        .count()
        .name("counts")
        .to(KafkaSink.upsert("out"));
    return job;
  }

  private String slowly(String word) {
    clock.advance(perRecord);
    return word;
  }

  private void send(int count) {
    for (int i = 0; i < count; i++) {
      cluster.send(new ProducerRecord<>("in", ("w" + i % 10).getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static Worker first(Driver driver) {
    return driver.instances().get(0).workersByStage().get("in").get(0);
  }

  /**
   * Lets everybody take turns until the stage at the source has processed so many records in all;
   * returns how far its transactions went, in milliseconds.
   */
  private List<Long> transactions(Driver driver, long records) {
    List<Long> lengths = new ArrayList<>();
    Worker worker = first(driver);
    long commits = worker.metrics().commits() + worker.metrics().aborts();
    long begun = clock.nanos();
    while (worker.metrics().recordsIn() < records) {
      for (SteppedInstance instance : driver.instances()) {
        for (Worker each : instance.workers()) {
          long before = clock.nanos();
          boolean ignored = each.turn();
          Duration turn = Duration.ofNanos(clock.nanos() - before);
          longestTurn = turn.compareTo(longestTurn) > 0 ? turn : longestTurn;
        }
      }
      long ended = worker.metrics().commits() + worker.metrics().aborts();
      if (ended > commits) {
        commits = ended;
        lengths.add((clock.nanos() - begun) / 1_000_000);
        begun = clock.nanos();
      }
    }
    return lengths;
  }

  @Test
  void theyGrowWithTheTimeBehindAndBeginAnewAfterIt() {
    Driver driver = start(counts(), Map.of());
    send(3_000);
    List<Long> first = transactions(driver, 3_000);
    assertThat(first).startsWith(100L, 100L, 100L, 100L, 100L, 125L, 157L, 196L, 245L, 306L, 383L);
    // From 400 ms on they end with the nearest beat, which is the job's own.
    assertThat(first.get(11)).as("instead of 479 ms").isBetween(290L, 670L);
    driver.run();
    assertThat(outputs.table("out", NUMBERS)).hasSize(10).containsValue(300L);
    send(1_000);
    assertThat(transactions(driver, 4_000)).startsWith(100L, 100L, 100L, 100L, 100L, 125L);
    driver.run();
    assertThat(outputs.table("out", NUMBERS).values()).hasSize(10).containsOnly(400L);
  }

  @Test
  void afterAnAbortTheyGrowAnewFromTheShortest() {
    Driver driver = start(counts(), Map.of());
    send(8_000);
    int[] commits = {0};
    cluster
        .kafka()
        .injectFaults(
            id ->
                id.contains("-in-") && ++commits[0] == 12 ? CommitFault.REFUSED : CommitFault.NONE);
    List<Long> lengths = transactions(driver, 8_000);
    assertThat(first(driver).metrics().aborts()).isEqualTo(1);
    assertThat(lengths.get(11)).isGreaterThan(400);
    assertThat(lengths.subList(12, 14)).containsExactly(100L, 200L);
    assertThat(lengths.get(14)).as("400 ms, up to the nearest beat").isBetween(210L, 590L);
    driver.run();
    assertThat(outputs.table("out", NUMBERS).values()).hasSize(10).containsOnly(800L);
  }

  /**
   * With so much output that the transaction is open before its commit: for as long as it takes to
   * fill an interval and to process one record more.
   */
  @ParameterizedTest
  @CsvSource({"1500ms,200,60,1", "2s,600,20,5", "10s,2500,10,5"})
  void noneOutlastsItsTimeoutHoweverSlowTheFunction(
      String timeout, long millis, int records, int results) {
    perRecord = Duration.ofMillis(millis);
    String large = "x".repeat(900_000);
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .flatMap(
            String.class,
            (word, out) -> {
              slowly(word);
              for (int i = 0; i < results; i++) {
                out.emit(large);
              }
            })
        .to(KafkaSink.strings("out"));
    Driver driver = start(job, Map.of("transaction.timeout", timeout));
    send(records);
    assertThat(transactions(driver, records)).hasSizeLessThan(records);
    assertThat(longestTurn).isLessThanOrEqualTo(perRecord.plus(SLICE));
    driver.run();
    assertThat(first(driver).metrics().aborts()).isZero();
    assertThat(outputs.values("out", TEXTS)).hasSize(records * results);
  }
}
