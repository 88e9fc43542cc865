package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.sim.SimKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Offsets without data after the last record, those of markers and of aborted records, are
 * committed like the record's: an idle job lags by nothing, and loses nothing when they are
 * deleted.
 */
final class OffsetGapsTest {

  private static final TopicPartition SOURCE = new TopicPartition("words", 0);
  private static final TopicPartition SHUFFLE = new TopicPartition("count.counted.shuffle", 0);

  private static JobTest counts(int recordsPerPoll) {
    Job job = Job.named("count");
    job.source(KafkaSource.strings("words"))
        .keyBy(word -> word)
        .count()
        .name("counted")
        .to(KafkaSink.upsert("counts"));
    JobTest test = JobTest.of(job).set("max.poll.records", Integer.toString(recordsPerPoll));
    TestTopic<String> ignored = test.topic("words", String.class).partitions(1);
    return test;
  }

  /** With one record per poll, the marker comes with a poll of its own. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void anIdleJobDoesNotLagByMarkers(int recordsPerPoll) throws Exception {
    try (JobTest test = counts(recordsPerPoll)) {
      committed(test.kafka(), "mill");
      test.run();
      assertThat(test.table("counts", Long.class)).containsOnly(Map.entry("mill", 1L));
      assertThat(lag(test.kafka(), "count.words", SOURCE)).isZero();
      assertThat(lag(test.kafka(), "count.counted", SHUFFLE)).isZero();
    }
  }

  @Test
  void anIdleJobDoesNotLagByAbortedRecords() throws Exception {
    try (JobTest test = counts(100)) {
      committed(test.kafka(), "mill");
      test.run();
      aborted(test.kafka(), "never");
      test.run();
      assertThat(lag(test.kafka(), "count.words", SOURCE)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void offsetsWithoutDataThatAreDeletedAreNoLostInput(int recordsPerPoll) {
    try (JobTest test = counts(recordsPerPoll)) {
      committed(test.kafka(), "mill");
      test.run();
      aborted(test.kafka(), "never");
      test.run();
      test.kafka().deleteBefore(SOURCE, Long.MAX_VALUE);
      test.restart(LocalState.KEPT);
      committed(test.kafka(), "mill");
      test.run();
      assertThat(test.table("counts", Long.class)).containsOnly(Map.entry("mill", 2L));
    }
  }

  /**
   * A commit writes markers into the topics that its transaction wrote to; if one of those is the
   * job's own input, the marker must not call for a commit that writes the next one.
   */
  @Test
  void aJobThatReadsItsOwnOutputBecomesSilent() throws Exception {
    Job job = Job.named("echo");
    DataStream<String> words = job.source(KafkaSource.strings("words"));
    DataStream<String> shorter =
        words.filter(word -> word.length() > 1).map(word -> word.substring(1));
    shorter.to(KafkaSink.strings("words"));
    shorter
        .rebalance()
        .filter(word -> word.length() > 1)
        .name("again")
        .to(KafkaSink.strings("words"));
    try (JobTest test = JobTest.of(job).set("max.poll.records", "1")) {
      test.topic("words", String.class).send("mill");
      test.run();
      // Words of two letters and more come back twice: directly and by way of the shuffle.
      assertThat(test.output("words", String.class))
          .containsExactlyInAnyOrder(
              "mill", "ill", "ill", "ll", "ll", "ll", "ll", "l", "l", "l", "l");
      int commits = test.commits();
      test.advanceProcessingTime(Duration.ofMinutes(1));
      assertThat(test.commits()).isEqualTo(commits);
      assertThat(lag(test.kafka(), "echo.words", SOURCE)).isZero();
    }
  }

  private static long lag(SimKafka kafka, String group, TopicPartition partition) throws Exception {
    Admin admin = kafka.connect(JobConfig.defaults()).admin();
    OffsetAndMetadata read =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition);
    long end =
        admin
            .listOffsets(
                Map.of(partition, OffsetSpec.latest()),
                new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
            .partitionResult(partition)
            .get()
            .offset();
    return end - read.offset();
  }

  private static void committed(SimKafka kafka, String value) {
    try (Producer<byte[], byte[]> producer = begun(kafka, value)) {
      producer.commitTransaction();
    }
  }

  private static void aborted(SimKafka kafka, String value) {
    try (Producer<byte[], byte[]> producer = begun(kafka, value)) {
      producer.abortTransaction();
    }
  }

  private static Producer<byte[], byte[]> begun(SimKafka kafka, String value) {
    Producer<byte[], byte[]> producer =
        kafka.connect(JobConfig.defaults()).transactionalProducer("feed", "feed");
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(
        new ProducerRecord<>(
            SOURCE.topic(), SOURCE.partition(), null, value.getBytes(StandardCharsets.UTF_8)));
    return producer;
  }
}
