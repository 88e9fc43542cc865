package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.metrics.StageCounters;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A source topic gets partitions while a job runs: no state is lost and every record is read. */
final class GrownTopicTest {

  record Reading(String sensor, Instant at, long value) {}

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void newPartitionsAreReadFromTheirStart(int instances) {
    Job job = Job.named("totals");
    job.source(KafkaSource.json("readings", Reading.class).fromLatest())
        .keyBy(Reading::sensor)
        .sum(Reading::value)
        .changes()
        .to(KafkaSink.upsert("totals"));
    try (JobTest test = JobTest.builder(job).instances(instances).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(5);
      test.run();
      for (int p = 0; p < 5; p++) {
        readings.send(p, reading("a", 0, 1));
      }
      test.run();
      readings.growTo(8);
      readings.send(7, reading("a", 1, 100)).send(0, reading("b", 1, 1));
      test.run();
      assertThat(test.table("totals", Long.class))
          .as("by the copies that run")
          .isEqualTo(Map.of("a", 105L, "b", 1L));
      readings.growTo(9).send(8, reading("b", 2, 10));
      readings.send(7, reading("b", 2, 20));
      test.restart();
      readings.send(7, reading("b", 2, 30)).send(8, reading("b", 2, 40));
      test.run();
      assertThat(test.table("totals", Long.class))
          .as("by copies that start meanwhile")
          .isEqualTo(Map.of("a", 105L, "b", 101L));
    }
  }

  @Test
  void newPartitionsAreReadUnderTheOtherGuaranteeToo() {
    try (JobTest test =
        JobTest.builder(totals())
            .instances(2)
            .guarantee(ProcessingGuarantee.AT_LEAST_ONCE)
            .build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(1);
      readings.send(0, reading("a", 0, 1));
      test.run();
      readings.growTo(3).send(1, reading("a", 0, 10)).send(2, reading("a", 0, 20));
      test.run();
      assertThat(test.table("totals", Long.class)).isEqualTo(Map.of("a", 31L));
    }
  }

  /** The commits after the growth are those of its agreement and of the new tasks. */
  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void nothingIsLostOrCountedTwiceWhateverFailsMeanwhile(CommitFailure failure) {
    for (int later = 0; later < 4; later++) {
      try (JobTest test = JobTest.builder(windows()).startAt(START).instances(2).build()) {
        TestTopic<Reading> readings = test.topic("grown", Reading.class).partitions(2);
        readings.send(0, reading("a", 5, 1)).send(1, reading("a", 5, 1));
        test.run();
        readings.growTo(5);
        for (int partition = 2; partition < 5; partition++) {
          readings.send(partition, reading("a", 6, 10));
        }
        test.failCommit(test.commits() + later, failure);
        test.run();
        test.advanceProcessingTime(Duration.ofSeconds(2));
        for (int partition = 0; partition < 5; partition++) {
          readings.send(partition, reading("a", 30, 1));
        }
        test.run();
        assertThat(test.output("sums", String.class))
            .as("commit %s after the growth", later)
            .containsExactly("a 2026-03-01T12:00:00Z 32");
        assertThat(test.lateRecords()).isZero();
      }
    }
  }

  @Test
  void copiesThatStartMeanwhilePickThemUpToo() {
    try (JobTest test = JobTest.builder(totals()).instances(2).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
      readings.send(0, reading("a", 0, 1)).send(1, reading("a", 0, 2));
      test.run();
      readings.growTo(4);
      readings.send(2, reading("a", 0, 10)).send(3, reading("a", 0, 20));
      test.scaleTo(1).scaleTo(3);
      readings.send(0, reading("a", 0, 100)).send(1, reading("a", 0, 200));
      readings.growTo(7).send(6, reading("a", 0, 1_000));
      test.run();
      assertThat(test.table("totals", Long.class)).isEqualTo(Map.of("a", 1_333L));
    }
  }

  /** Of the seeds none fences a worker so often within a minute that it stops, as it should. */
  @ParameterizedTest
  @CsvSource({
    "31, classic",
    "14, classic",
    "15, classic",
    "92, consumer",
    "65, consumer",
    "35, consumer"
  })
  void inWhateverOrderThingsHappen(long seed, String membership) {
    Random random = new Random(seed);
    try (JobTest test =
        JobTest.builder(totals()).seed(seed).set("membership", membership).instances(2).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(1);
      int partitions = 1;
      long sent = 0;
      for (int step = 0; step < 25; step++) {
        switch (random.nextInt(6)) {
          case 0, 1 -> readings.growTo(++partitions);
          case 2 -> test.failCommit(test.commits() + random.nextInt(4), any(random));
          case 3 -> test.expel(0);
          case 4 -> test.scaleTo(1 + random.nextInt(3)).scaleTo(2);
          default -> test.advanceProcessingTime(Duration.ofSeconds(1));
        }
        for (int partition = 0; partition < partitions; partition++) {
          readings.send(partition, reading("a", 0, step));
          sent += step;
        }
        if (random.nextBoolean()) {
          test.run();
        }
      }
      test.advanceProcessingTime(Duration.ofSeconds(5));
      assertThat(test.table("totals", Long.class)).isEqualTo(Map.of("a", sent));
    }
  }

  private static CommitFailure any(Random random) {
    return CommitFailure.values()[random.nextInt(CommitFailure.values().length)];
  }

  private static Job totals() {
    Job job = Job.named("totals");
    job.source(KafkaSource.json("readings", Reading.class))
        .keyBy(Reading::sensor)
        .sum(Reading::value)
        .changes()
        .to(KafkaSink.upsert("totals"));
    return job;
  }

  @Test
  void timeWaitsForANewPartition() {
    Job job = Job.named("windows");
    DataStream<Reading> grown = source(job, "grown");
    grown
        .union(source(job, "other"))
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .sum(Reading::value)
        .map(r -> r.key() + " " + r.window().start() + " " + r.value())
        .to(KafkaSink.strings("sums"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<Reading> readings = test.topic("grown", Reading.class).partitions(1);
      TestTopic<Reading> other = test.topic("other", Reading.class).partitions(1);
      readings.send(0, reading("a", 5, 1));
      other.send(0, reading("a", 6, 2));
      test.run();
      readings.growTo(2);
      test.run();
      readings.send(0, reading("a", 30, 8));
      test.run();
      other.send(0, reading("a", 30, 8));
      test.run();
      assertThat(test.output("sums", String.class)).as("the new partition holds time").isEmpty();
      readings.send(1, reading("a", 7, 4));
      readings.send(1, reading("a", 31, 8));
      test.run();
      assertThat(test.output("sums", String.class)).containsExactly("a 2026-03-01T12:00:00Z 7");
      assertThat(
              test.metrics().stages().values().stream().mapToLong(StageCounters::lateRecords).sum())
          .isZero();
    }
  }

  @Test
  void whatAWaitingPartitionHoldsIsNotLateWhenItIsPickedUp() {
    try (JobTest test = JobTest.builder(windows()).startAt(START).instances(2).build()) {
      TestTopic<Reading> readings = test.topic("grown", Reading.class).partitions(2);
      readings.send(0, reading("a", 5, 1)).send(1, reading("a", 5, 1));
      test.run();
      readings.growTo(3);
      test.abortNextCommit(); // of the agreement, which is tried again a second later
      test.run();
      readings.send(2, reading("a", 6, 10));
      readings.send(0, reading("a", 30, 1)).send(1, reading("a", 30, 1));
      test.run();
      assertThat(test.output("sums", String.class))
          .as("time waits until the new partition is read")
          .isEmpty();
      test.advanceProcessingTime(Duration.ofSeconds(2));
      assertThat(test.output("sums", String.class)).as("it has been read up to 6").isEmpty();
      readings.send(2, reading("a", 31, 1));
      test.run();
      assertThat(test.output("sums", String.class))
          .as("no other partition needs a record for time to go on")
          .containsExactly("a 2026-03-01T12:00:00Z 12");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void copiesWaitForWhatTheOthersRead() {
    try (JobTest test = JobTest.builder(windows()).startAt(START).instances(2).build()) {
      TestTopic<Reading> readings = test.topic("grown", Reading.class).partitions(2);
      for (int key = 0; key < 20; key++) {
        readings.send(0, reading("k" + key, 5, 1)).send(1, reading("k" + key, 5, 1));
      }
      test.run();
      readings.growTo(4);
      test.run();
      readings.send(0, reading("a", 30, 1)).send(1, reading("a", 30, 1));
      test.run();
      for (int partition = 2; partition < 4; partition++) {
        for (int key = 0; key < 20; key++) {
          readings.send(partition, reading("k" + key, 6, 10));
        }
        test.run();
      }
      for (int partition = 0; partition < 4; partition++) {
        readings.send(partition, reading("a", 40, 1));
      }
      test.run();
      assertThat(test.lateRecords()).isZero();
      assertThat(test.output("sums", String.class).stream().filter(sum -> sum.startsWith("k")))
          .hasSize(20)
          .allMatch(sum -> sum.endsWith(" 2026-03-01T12:00:00Z 22"));
    }
  }

  @Test
  void aBoundedRunStaysWithThePartitionsThatItBeganWith() {
    try (JobTest test = JobTest.builder(totals()).set("until.end", "true").build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(1);
      readings.send(0, reading("a", 0, 1));
      test.run();
      readings.growTo(2).send(1, reading("a", 0, 10));
      test.run();
      test.advanceProcessingTime(Duration.ofSeconds(10));
      assertThat(test.table("totals", Long.class)).isEqualTo(Map.of("a", 1L));
    }
  }

  private static Job windows() {
    Job job = Job.named("windows");
    source(job, "grown")
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .sum(Reading::value)
        .map(r -> r.key() + " " + r.window().start() + " " + r.value())
        .to(KafkaSink.strings("sums"));
    return job;
  }

  @Test
  void aStageThatKeepsWhatItsSinkHasWrittenGrowsToo() throws IOException {
    Path out = directory.resolve("out");
    Job job = Job.named("files");
    job.source(KafkaSource.json("readings", Reading.class)).to(FileSink.jsonLines(out));
    try (JobTest test = JobTest.builder(job).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(1);
      readings.send(0, reading("a", 0, 1));
      test.run();
      readings.growTo(2).send(1, reading("b", 0, 2));
      test.run();
      test.endInput();
      assertThat(lines(out)).hasSize(2);
    }
  }

  private static DataStream<Reading> source(Job job, String topic) {
    return job.source(
        KafkaSource.json(topic, Reading.class)
            .eventTime(Reading::at)
            .watermarks(Watermarks.monotonous()));
  }

  private static Reading reading(String sensor, int second, long value) {
    return new Reading(sensor, START.plusSeconds(second), value);
  }

  private static List<String> lines(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    return lines;
  }
}
