package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.LogTruncatedException;
import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.error.RecordsDeletedException;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.SimKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Leaders of partitions change at any time, also between a record and the marker of its
 * transaction: the offset after the marker then belongs to another leader's epoch than the record.
 * That is no loss; where something is lost, the job says so.
 */
final class LeaderChangeTest {

  private static final TopicPartition SOURCE = new TopicPartition("words", 0);
  private static final TopicPartition SHUFFLE = new TopicPartition("count.counted.shuffle", 0);
  private static final TopicPartition CHANGELOG = new TopicPartition("count.counted.changelog", 0);

  private static Job stateless() {
    Job job = Job.named("upper");
    job.source(KafkaSource.strings("words")).map(word -> word + "!").to(KafkaSink.strings("out"));
    return job;
  }

  private static Job stateful() {
    Job job = Job.named("count");
    job.source(KafkaSource.strings("words"))
        .keyBy(word -> word)
        .count()
        .name("counted")
        .to(KafkaSink.upsert("counts"));
    return job;
  }

  /** How the transaction ends whose record and marker are of different leaders. */
  private enum End {
    COMMIT,
    ABORT
  }

  // ------------------------------------------------------------------ nothing is lost

  @ParameterizedTest
  @EnumSource(End.class)
  void aJobComesUpAfterALeaderChangedBetweenARecordAndItsMarker(End end) {
    try (JobTest test = JobTest.of(stateless())) {
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      words.send(0, "first");
      test.run();
      transaction(test.kafka(), "second", end);
      words.send(1, "third");
      test.run();
      test.restart(LocalState.KEPT);
      words.send(0, "fourth");
      test.run();
      List<String> expected = new ArrayList<>(List.of("first!", "third!", "fourth!"));
      if (end == End.COMMIT) {
        expected.add("second!");
      }
      assertThat(test.output("out", String.class)).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(test.kafka().reportedTruncations()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(ProcessingGuarantee.class)
  void aJobWithStateComesUpAfterLeadersChanged(ProcessingGuarantee guarantee) {
    try (JobTest test = JobTest.builder(stateful()).guarantee(guarantee).build()) {
      test.kafka().injectFaults(electionsAtAllMarkers());
      TestTopic<String> words = test.topic("words", String.class);
      for (int i = 1; i <= 3; i++) {
        words.send(0, "mill", "mill");
        transaction(test.kafka(), "race", End.COMMIT);
        test.run();
        transaction(test.kafka(), "never", End.ABORT);
        test.run();
        test.restart(i % 2 == 0 ? LocalState.KEPT : LocalState.LOST);
        assertThat(test.table("counts", Long.class))
            .containsOnly(Map.entry("mill", 2L * i), Map.entry("race", (long) i));
      }
      assertThat(test.kafka().reportedTruncations()).isZero();
    }
  }

  static ClusterFaults electionsAtAllMarkers() {
    return new ClusterFaults() {
      @Override
      public boolean electsLeaderBeforeMarker(TopicPartition partition) {
        return true;
      }
    };
  }

  // ------------------------------------------------------------------ positions of old

  @Test
  void aPositionWithTheEpochOfTheRecordBeforeItIsFoundToBeRight() throws Exception {
    try (JobTest test = JobTest.of(stateless())) {
      TestTopic<String> words = test.topic("words", String.class);
      transaction(test.kafka(), "first", End.COMMIT);
      test.run();
      poisonOffset(test.kafka(), "upper.words", SOURCE);
      test.restart(LocalState.KEPT);
      // It is mended without new input.
      assertThat(offset(test.kafka(), "upper.words", SOURCE).leaderEpoch()).contains(1);
      words.send("second");
      test.run();
      assertThat(test.output("out", String.class)).containsExactly("first!", "second!");
    }
  }

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void aPositionInACommitFrameWithTheEpochBeforeItIsFoundToBeRight(LocalState state)
      throws Exception {
    try (JobTest test = JobTest.of(stateful())) {
      test.kafka().injectFaults(electionsAtAllMarkers());
      TestTopic<String> words = test.topic("words", String.class);
      words.send(0, "mill");
      transaction(test.kafka(), "race", End.COMMIT);
      test.run();
      test.kafka().injectFaults(ClusterFaults.NEVER);
      poisonOffset(test.kafka(), "count.counted", SHUFFLE);
      poisonFrame(test.kafka());
      test.restart(state);
      assertThat(lastFrame(test.kafka()).inputPositions().get(0).leaderEpoch()).isPositive();
      words.send(0, "mill");
      test.run();
      assertThat(test.table("counts", Long.class))
          .containsOnly(Map.entry("mill", 2L), Map.entry("race", 1L));
    }
  }

  /** Gives the group's offset the epoch of the leader before, as earlier versions did. */
  @SuppressWarnings("removal") // there is no other way to make the metadata yet
  private static void poisonOffset(SimKafka kafka, String group, TopicPartition partition)
      throws Exception {
    OffsetAndMetadata right = offset(kafka, group, partition);
    assertThat(right.leaderEpoch()).isPresent();
    int before = right.leaderEpoch().get() - 1;
    assertThat(before).isNotNegative();
    Producer<byte[], byte[]> producer =
        kafka.connect(JobConfig.defaults()).transactionalProducer("poison", "poison");
    producer.initTransactions();
    producer.beginTransaction();
    // From nobody who claims to be a member: as brokers do, the cluster lets that pass.
    producer.sendOffsetsToTransaction(
        Map.of(
            partition,
            new OffsetAndMetadata(right.offset(), Optional.of(before), right.metadata())),
        new ConsumerGroupMetadata(group));
    producer.commitTransaction();
    producer.close();
  }

  private static OffsetAndMetadata offset(SimKafka kafka, String group, TopicPartition partition)
      throws Exception {
    return kafka
        .connect(JobConfig.defaults())
        .admin()
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get()
        .get(partition);
  }

  /** Gives the position in the commit frame the epoch of the leader before, likewise. */
  private static void poisonFrame(SimKafka kafka) {
    CommitFrame right = lastFrame(kafka);
    InputPosition position = right.inputPositions().get(0);
    assertThat(position.leaderEpoch()).isPositive();
    InputPosition poisoned =
        new InputPosition(
            position.topic(), position.topicId(), position.offset(), position.leaderEpoch() - 1);
    CommitFrame frame =
        new CommitFrame(
            right.format(),
            right.jobUuid(),
            right.resetEpoch(),
            right.stage(),
            right.task(),
            right.txnSeq(),
            right.ownerEpoch(),
            right.transactionalId(),
            List.of(poisoned),
            right.channelVectors(),
            right.eventTimeWatermark(),
            right.processingTimeWatermark(),
            right.status(),
            right.sourcePosition(),
            right.preparedOutputs());
    writeFrame(kafka, frame);
  }

  private static void writeFrame(SimKafka kafka, CommitFrame frame) {
    ConsumerRecord<byte[], byte[]> first = changelogFrames(kafka).get(0);
    Producer<byte[], byte[]> producer = kafka.connect(JobConfig.defaults()).plainProducer("frames");
    producer.send(
        new ProducerRecord<>(
            CHANGELOG.topic(), CHANGELOG.partition(), first.key(), frame.encode()));
    producer.close();
  }

  private static CommitFrame lastFrame(SimKafka kafka) {
    List<ConsumerRecord<byte[], byte[]>> frames = changelogFrames(kafka);
    return CommitFrame.decode(frames.get(frames.size() - 1).value());
  }

  /** The keys of frames begin with 0, which is no store's id. */
  private static List<ConsumerRecord<byte[], byte[]>> changelogFrames(SimKafka kafka) {
    List<ConsumerRecord<byte[], byte[]>> frames = new ArrayList<>();
    try (Consumer<byte[], byte[]> reader =
        kafka
            .connect(JobConfig.defaults())
            .readerConsumer("frames", IsolationLevel.READ_COMMITTED)) {
      reader.assign(List.of(CHANGELOG));
      reader.seekToBeginning(List.of(CHANGELOG));
      reader
          .poll(Duration.ZERO)
          .forEach(
              record -> {
                if (record.key()[0] == 0) {
                  frames.add(record);
                }
              });
    }
    return frames;
  }

  // ------------------------------------------------------------------ something is lost

  /** When the log is truncated. */
  private enum When {
    JOB_RUNS,
    JOB_IS_DOWN
  }

  @ParameterizedTest
  @EnumSource(When.class)
  void aTruncatedLogStopsTheJobWhateverIsWrittenThereafter(When when) {
    try (JobTest test = JobTest.of(stateless())) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(0, "a", "b", "c", "d", "e");
      test.run();
      test.kafka().truncate(SOURCE, 3);
      LogTruncatedException shorter = failure(test, when);
      assertThat(shorter.stage()).isEqualTo("words");
      assertThat(shorter.topic()).isEqualTo("words");
      assertThat(shorter.partition()).isZero();
      assertThat(shorter.committedOffset()).isEqualTo(5);
      assertThat(shorter.truncatedTo()).isEqualTo(3);
      assertThat(shorter.place())
          .hasToString("job upper, stage words, topic words, partition 0, offset 5");
      assertThat(shorter)
          .hasMessageContaining("stage 'words'")
          .hasMessageContaining("topic words, partition 0")
          .hasMessageContaining("cut off at offset 3")
          .hasMessageContaining("before offset 5")
          .hasMessageContaining("run --accept-truncation")
          .hasMessageContaining("run reset");
      words.send(0, "f", "g", "h", "i");
      LogTruncatedException longer = failure(test, When.JOB_IS_DOWN);
      assertThat(longer.committedOffset()).isEqualTo(5);
      assertThat(longer.truncatedTo()).isEqualTo(3);
      test.set("accept.truncation", "true").run();
      assertThat(test.output("out", String.class))
          .containsExactly("a!", "b!", "c!", "d!", "e!", "f!", "g!", "h!", "i!");
      test.set("accept.truncation", "false").restart(LocalState.KEPT);
      words.send(0, "j");
      test.run();
      assertThat(test.output("out", String.class)).hasSize(10).endsWith("j!");
    }
  }

  private static LogTruncatedException failure(JobTest test, When when) {
    return catchThrowableOfType(
        LogTruncatedException.class,
        () -> {
          if (when == When.JOB_IS_DOWN) {
            test.restart(LocalState.KEPT);
          } else {
            test.run();
          }
        });
  }

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void aTruncatedShuffleIsGoneOnWithIfThatIsAccepted(LocalState state) {
    try (JobTest test = JobTest.of(stateful())) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(0, "mill");
      test.run();
      words.send(0, "mill");
      test.run();
      test.kafka().truncate(SHUFFLE, 2);
      assertThat(failure(test, When.JOB_RUNS)).hasMessageContaining("stage 'counted'");
      words.send(0, "mill");
      assertThat(failure(test, When.JOB_IS_DOWN).truncatedTo()).isEqualTo(2);
      test.set("accept.truncation", "true").restart(state);
      test.set("accept.truncation", "false").restart(state);
      words.send(0, "mill");
      test.run();
      assertThat(test.table("counts", Long.class)).containsOnly(Map.entry("mill", 4L));
    }
  }

  /** Until the committed offset is known, nobody may judge by the position that was lost. */
  private static ClusterFaults coordinatorsMove() {
    AtomicInteger left = new AtomicInteger(12);
    return new ClusterFaults() {
      @Override
      public boolean isCoordinatorMoving(String id) {
        return left.getAndDecrement() > 0;
      }
    };
  }

  /** The committed position is good, and what stood after it was never processed for anybody. */
  @Test
  void whatIsTruncatedBeforeItIsCommittedIsNoLoss() {
    AtomicReference<SimKafka> kafka = new AtomicReference<>();
    Job job = Job.named("upper");
    job.source(KafkaSource.strings("words"))
        .map(
            word -> {
              SimKafka cluster = word.equals("e") ? kafka.getAndSet(null) : null;
              if (cluster != null) {
                cluster.truncate(SOURCE, 3);
                cluster.injectFaults(coordinatorsMove());
              }
              return word + "!";
            })
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(0, "a", "b", "c");
      test.run();
      words.send(0, "d", "e");
      kafka.set(test.kafka());
      test.run();
      words.send(0, "f");
      test.run();
      assertThat(kafka.get()).isNull();
      assertThat(test.output("out", String.class)).containsExactly("a!", "b!", "c!", "f!");
    }
  }

  @Test
  void aChangelogThatWasEmptiedIsNoEmptyState() {
    try (JobTest test = JobTest.of(stateful())) {
      test.topic("words", String.class).send(0, "mill");
      test.run();
      test.kafka().deleteBefore(CHANGELOG, Long.MAX_VALUE);
      assertThatThrownBy(() -> test.restart(LocalState.LOST))
          .isInstanceOf(OffsetsDivergedException.class)
          .hasMessageContaining("task 0 of stage 'counted'")
          .hasMessageContaining("has no commit frame");
    }
  }

  /** The store lags, and where it would go on there is nothing any more. */
  @Test
  void aChangelogThatWasEmptiedAfterWhatTheStoreHasIsNoEmptyState() {
    try (JobTest test = JobTest.of(stateful())) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(0, "mill");
      test.run();
      // Rows reach the store with a commit that is a second or more later.
      test.advanceProcessingTime(Duration.ofSeconds(2));
      words.send(0, "mill");
      test.run();
      writeFrame(test.kafka(), lastFrame(test.kafka()));
      test.kafka().deleteBefore(CHANGELOG, Long.MAX_VALUE);
      assertThatThrownBy(() -> test.restart(LocalState.KEPT))
          .isInstanceOf(OffsetsDivergedException.class)
          .hasMessageContaining("has no commit frame");
    }
  }

  @ParameterizedTest
  @EnumSource(When.class)
  void recordsThatAreDeletedUnreadStopTheJob(When when) {
    try (JobTest test = JobTest.of(stateless())) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(0, "a", "b");
      test.run();
      words.send(0, "c", "d", "e");
      test.kafka().deleteBefore(SOURCE, 4);
      RecordsDeletedException deleted =
          catchThrowableOfType(
              RecordsDeletedException.class,
              () -> {
                if (when == When.JOB_IS_DOWN) {
                  test.restart(LocalState.KEPT);
                } else {
                  test.run();
                }
              });
      assertThat(deleted.stage()).isEqualTo("words");
      assertThat(deleted.topic()).isEqualTo("words");
      assertThat(deleted.partition()).isZero();
      assertThat(deleted.committedOffset()).isEqualTo(2);
      assertThat(deleted.beginningOffset()).isEqualTo(4);
      assertThat(deleted)
          .hasMessageContaining("topic words, partition 0, in stage 'words'")
          .hasMessageContaining("committed offset 2")
          .hasMessageContaining("begins at offset 4")
          .hasMessageContaining("run --accept-deletion")
          .hasMessageContaining("run reset");
      test.set("accept.deletion", "true").run();
      test.set("accept.deletion", "false").restart(LocalState.KEPT);
      assertThat(test.output("out", String.class)).containsExactly("a!", "b!", "e!");
    }
  }

  // ------------------------------------------------------------------ input

  /** Writes a record, has another leader elected, and ends the transaction. */
  private static void transaction(SimKafka kafka, String value, End end) {
    Producer<byte[], byte[]> producer =
        kafka.connect(JobConfig.defaults()).transactionalProducer("feed", "feed");
    producer.initTransactions();
    kafka.createTopic(SOURCE.topic(), 1);
    producer.beginTransaction();
    producer.send(
        new ProducerRecord<>(
            SOURCE.topic(), SOURCE.partition(), null, value.getBytes(StandardCharsets.UTF_8)));
    kafka.electLeader(SOURCE);
    if (end == End.COMMIT) {
      producer.commitTransaction();
    } else {
      producer.abortTransaction();
    }
    producer.close();
  }
}
