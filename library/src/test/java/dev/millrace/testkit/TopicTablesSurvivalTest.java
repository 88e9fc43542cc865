package dev.millrace.testkit;

import static dev.millrace.testkit.TableChanges.applied;
import static dev.millrace.testkit.TableChanges.changes;
import static dev.millrace.testkit.TableChanges.writeChanges;
import static dev.millrace.testkit.TableChanges.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.sim.SimKafka.Tombstones;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables from topics that fail, move, are compacted or grow: their changes fit all the same. */
final class TopicTablesSurvivalTest {

  private final Job job = Job.named("job");

  private Table<String, String> words() {
    return job.table(KafkaTable.strings("words", String.class));
  }

  private static TestRecord<String> word(String key, String word) {
    return TestRecord.of(word).key(key);
  }

  /** Random records; the table that they make is kept beside. */
  private static final class Writer {
    private final Random random;
    private final TestTopic<String> topic;
    private final int partitions;
    private final Map<String, String> table = new TreeMap<>();

    Writer(long seed, TestTopic<String> topic, int partitions) {
      this.random = new Random(seed);
      this.topic = topic.partitions(partitions);
      this.partitions = partitions;
    }

    void send(int records) {
      for (int i = 0; i < records; i++) {
        int number = random.nextInt(12);
        String key = "k" + number;
        if (random.nextInt(4) == 0) {
          topic.sendTombstone(key);
          table.remove(key);
        } else {
          String value = "v" + random.nextInt(3);
          topic.send(word(key, value));
          table.put(key, value);
        }
      }
    }

    void compact(JobTest test) {
      for (int partition = 0; partition < partitions; partition++) {
        test.kafka().compact(new TopicPartition("words", partition), Tombstones.KEPT);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void changesFitWhateverACommitMeets(CommitFailure failure) {
    for (int later = 0; later < 6; later++) {
      Job failing = Job.named("job");
      writeChanges(failing.table(KafkaTable.strings("words", String.class)));
      LocalState state = later % 2 == 0 ? LocalState.KEPT : LocalState.LOST;
      try (JobTest test = JobTest.builder(failing).seed(later).build()) {
        Writer writer = new Writer(later, test.topic("words", String.class), 2);
        writer.send(30);
        test.failCommit(later, failure, state);
        test.run();
        writer.send(30);
        test.run();
        test.advanceProcessingTime(Duration.ofSeconds(2));
        assertThat(applied(changes(test)))
            .as("%s of commit %s", failure, later)
            .isEqualTo(writer.table);
      }
    }
  }

  /** The cleaner removes what a committed position lies behind, also the row that is current. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void changesFitWhateverTheCleanerRemoves(long seed) {
    writeChanges(words());
    Random random = new Random(seed);
    try (JobTest test = JobTest.builder(job).seed(seed).instances(2).build()) {
      Writer writer = new Writer(seed, test.topic("words", String.class), 3);
      for (int round = 0; round < 12; round++) {
        writer.send(10);
        if (random.nextBoolean()) {
          writer.compact(test);
        }
        switch (random.nextInt(5)) {
          case 0 -> test.restart(LocalState.LOST);
          case 1 -> test.restart(LocalState.KEPT);
          case 2 -> test.scaleTo(1 + random.nextInt(3));
          default -> test.run();
        }
      }
      test.run();
      assertThat(applied(changes(test))).isEqualTo(writer.table);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void copiesShareThePartitionsUnderBothProtocols(String membership) {
    writeChanges(words());
    try (JobTest test = JobTest.builder(job).set("membership", membership).instances(2).build()) {
      Writer writer = new Writer(7, test.topic("words", String.class), 4);
      writer.send(50);
      test.run();
      writer.send(50);
      test.scaleTo(3);
      writer.send(50);
      test.scaleTo(1);
      assertThat(applied(changes(test))).isEqualTo(writer.table);
    }
  }

  @Test
  void underAtLeastOnceTheTableIsRightInTheEnd() {
    words().to(KafkaSink.upsert("out"));
    try (JobTest test = JobTest.builder(job).guarantee(ProcessingGuarantee.AT_LEAST_ONCE).build()) {
      Writer writer = new Writer(8, test.topic("words", String.class), 2);
      for (int round = 0; round < 5; round++) {
        writer.send(20);
        test.restart(LocalState.LOST);
      }
      assertThat(written(test, "out")).isEqualTo(writer.table);
    }
  }

  @Test
  void aBoundedRunEndsAndAFurtherOneGoesOnWithTheRows() {
    writeChanges(words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> topic = test.topic("words", String.class).partitions(3);
      topic.send(word("a", "1"));
      test.endInput();
      assertThat(test.isFinished()).isTrue();
      topic.send(word("a", "2"));
      test.kafka().compact(partitionOf("a", 3), Tombstones.KEPT);
      test.endInput();
      assertThat(changes(test))
          .containsExactly("INSERT a 1", "UPDATE_BEFORE a 1", "UPDATE_AFTER a 2");
    }
  }

  private static TopicPartition partitionOf(String key, int partitions) {
    int hash = Utils.murmur2(key.getBytes(StandardCharsets.UTF_8));
    return new TopicPartition("words", Utils.toPositive(hash) % partitions);
  }

  /**
   * Without the limit of the run, the compacted end would be beyond what was there at its start.
   */
  @Test
  void aPartitionWhoseLastRecordsWereCompactedAwayStillEnds() {
    writeChanges(words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> topic = test.topic("words", String.class);
      topic.send(word("a", "1")).send(word("b", "1"));
      topic.sendTombstone("a").sendTombstone("b");
      test.kafka().compact(new TopicPartition("words", 0), Tombstones.REMOVED);
      test.endInput();
      assertThat(test.isFinished()).isTrue();
      assertThat(changes(test)).isEmpty();
    }
  }

  // ------------------------------------------------------------------ growth

  @Test
  void aTopicThatHasGrownIsRefusedAndRunningCopiesReadOn() {
    writeChanges(words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> topic = test.topic("words", String.class).partitions(2);
      topic.send(word("a", "1").partition(0)).send(word("b", "1").partition(1));
      test.run();
      topic.growTo(4);
      topic.send(word("a", "2").partition(0)).send(word("c", "1").partition(3));
      test.run();
      test.advanceProcessingTime(Duration.ofSeconds(10));
      assertThat(applied(changes(test))).isEqualTo(Map.of("a", "2", "b", "1"));
      assertThatThrownBy(test::restart)
          .isInstanceOf(IncompatibleJobException.class)
          .hasMessageContaining("words has grown (4 partitions, 2 when the job was deployed)")
          .hasMessageContaining("toTable");
    }
  }

  /** A look-up by event time keeps no rows where the topic has them, but its versions are all. */
  @Test
  void aTopicThatHasGrownAndIsOnlyLookedUpByEventTimeIsRefused() {
    job.source(KafkaSource.strings("in").watermarks(Watermarks.monotonous()))
        .join(
            job.table(
                KafkaTable.strings("words", String.class).watermarks(Watermarks.monotonous())))
        .on(value -> value)
        .asOfEventTime()
        .left((value, row) -> value + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> topic = test.topic("words", String.class).partitions(2);
      test.run();
      topic.growTo(4);
      test.run();
      assertThatThrownBy(test::restart)
          .isInstanceOf(IncompatibleJobException.class)
          .hasMessageContaining("words has grown (4 partitions, 2 when the job was deployed)");
    }
  }
}
