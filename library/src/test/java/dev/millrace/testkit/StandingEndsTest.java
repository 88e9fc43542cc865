package dev.millrace.testkit;

import static dev.millrace.testkit.StandingRows.job;
import static dev.millrace.testkit.StandingRows.out;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.sim.SimKafka;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of what stands in the topic of a table, wherever it is and whatever becomes of it. */
final class StandingEndsTest {

  /** What stands there ends with the marker of a transaction, or with aborted records. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anEndWithoutARecordIsReached(boolean isAborted) {
    try (JobTest test = JobTest.builder(job()).set("max.poll.records", "1").build()) {
      test.topic("rows", String.class).partitions(1);
      try (Producer<byte[], byte[]> producer = begun(test.kafka(), "a", "a1")) {
        producer.commitTransaction();
      }
      if (isAborted) {
        try (Producer<byte[], byte[]> producer = begun(test.kafka(), "a", "never")) {
          producer.abortTransaction();
        }
      }
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+a1");
    }
  }

  @Test
  void anOpenTransactionIsNotAwaited() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).partitions(1).send(TestRecord.of("a1").key("a"));
      try (Producer<byte[], byte[]> producer = begun(test.kafka(), "a", "a2")) {
        test.topic("stream", String.class).send("a");
        test.run();
        assertThat(out(test)).containsExactly("a+a1");
        producer.commitTransaction();
      }
      test.run();
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+a1", "a+a2");
    }
  }

  /** A leader was lost with what the others did not have. */
  @Test
  void whatIsCutOffMeanwhileIsNotAwaited() {
    try (JobTest test = JobTest.builder(job()).set("stages", "stream,joined").build()) {
      for (int i = 0; i < 10; i++) {
        test.topic("rows", String.class).send(TestRecord.of("a" + i).key("a"));
      }
      test.topic("stream", String.class).send("a");
      test.run();
      test.kafka().truncate(new TopicPartition("rows", 0), 4);
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactly("a+a3");
    }
  }

  @Test
  void whatIsDeletedMeanwhileIsNotAwaited() {
    try (JobTest test =
        JobTest.builder(job())
            .set("stages", "stream,joined")
            .set("accept.deletion", "true")
            .build()) {
      for (int i = 0; i < 10; i++) {
        test.topic("rows", String.class).send(TestRecord.of("a" + i).key("a"));
      }
      test.topic("stream", String.class).send("a");
      test.run();
      test.kafka().deleteBefore(new TopicPartition("rows", 0), Long.MAX_VALUE);
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactly("a+null");
    }
  }

  private static Producer<byte[], byte[]> begun(SimKafka kafka, String key, String row) {
    Producer<byte[], byte[]> producer =
        kafka.connect(JobConfig.defaults()).transactionalProducer("feed", "feed");
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(
        new ProducerRecord<>(
            "rows", 0, key.getBytes(StandardCharsets.UTF_8), row.getBytes(StandardCharsets.UTF_8)));
    return producer;
  }
}
