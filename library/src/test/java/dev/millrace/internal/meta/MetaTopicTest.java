package dev.millrace.internal.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import tools.jackson.core.exc.StreamReadException;

final class MetaTopicTest {

  private static final TopicPartition PARTITION = new TopicPartition("job.meta", 0);

  /** With another consumer each refresh waits for the fetch that the one before has left. */
  @Test
  void theReaderIsOneForRefreshes() {
    MockConsumer<byte[], byte[]> refreshing = new MockConsumer<>("none");
    refreshing.updateBeginningOffsets(Map.of(PARTITION, 0L));
    refreshing.updateEndOffsets(Map.of(PARTITION, 0L));
    KafkaClients clients =
        (KafkaClients)
            Proxy.newProxyInstance(
                KafkaClients.class.getClassLoader(),
                new Class<?>[] {KafkaClients.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("refreshConsumer")) {
                    return refreshing;
                  }
                  throw new UnsupportedOperationException(method.getName());
                });
    try (MetaTopic meta = new MetaTopic(clients, "job.meta", "client")) {
      // The topic may not exist yet.
      assertThat(refreshing.assignment()).isEmpty();
      meta.refresh();
      assertThat(refreshing.assignment()).containsExactly(PARTITION);
      assertThat(meta.manifest()).isEmpty();
    }
    assertThat(refreshing.closed()).isTrue();
  }

  /** Else what is written at the offsets of what was lost would never be seen. */
  @Test
  void aTopicThatHasLostRecordsIsReadAnew() {
    SimKafka kafka = new SimKafka(new SimClock(Instant.parse("2026-01-01T00:00:00Z")));
    kafka.createTopic("job.meta", 1);
    SimClients clients = kafka.connect(JobConfig.defaults());
    try (MetaTopic meta = new MetaTopic(clients, "job.meta", "client");
        Producer<byte[], byte[]> producer = clients.plainProducer("test")) {
      for (String source : List.of("a", "b", "c")) {
        producer.send(meta.pauseRecord(Optional.of(source)));
      }
      meta.refresh();
      assertThat(meta.pauses().ofSources()).containsExactly("a", "b", "c");
      kafka.truncate(PARTITION, 1);
      meta.refresh();
      assertThat(meta.pauses().ofSources()).containsExactly("a");
      producer.send(meta.pauseRecord(Optional.of("d")));
      meta.refresh();
      assertThat(meta.pauses().ofSources()).containsExactly("a", "d");
      kafka.truncate(PARTITION, 1);
      for (String source : List.of("e", "f", "g")) {
        producer.send(meta.pauseRecord(Optional.of(source)));
      }
      meta.refresh();
      assertThat(meta.pauses().ofSources()).containsExactly("a", "e", "f", "g");
    }
  }

  /** Else the next refresh would go on after it, without what came together with it. */
  @Test
  void aRecordThatCannotBeReadIsNotPassedOver() {
    SimKafka kafka = new SimKafka(new SimClock(Instant.parse("2026-01-01T00:00:00Z")));
    kafka.createTopic("job.meta", 1);
    SimClients clients = kafka.connect(JobConfig.defaults());
    try (MetaTopic meta = new MetaTopic(clients, "job.meta", "client");
        Producer<byte[], byte[]> producer = clients.plainProducer("test")) {
      producer.send(meta.pauseRecord(Optional.of("a")));
      meta.refresh();
      byte[] key = "deployment".getBytes(StandardCharsets.UTF_8);
      byte[] damaged = "{\"resetEpoch\":".getBytes(StandardCharsets.UTF_8);
      producer.send(new ProducerRecord<>("job.meta", 0, key, damaged));
      producer.send(meta.pauseRecord(Optional.of("b")));
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(meta::refresh).isInstanceOf(StreamReadException.class);
        assertThat(meta.pauses().ofSources()).as("as of the last refresh").containsExactly("a");
      }
      kafka.truncate(PARTITION, 1);
      producer.send(meta.pauseRecord(Optional.of("c")));
      meta.refresh();
      assertThat(meta.pauses().ofSources()).containsExactly("a", "c");
    }
  }

  /** Whatever is in it, which nobody knows yet. */
  @Test
  void aManifestOfALaterFormIsNotTakenForOneOfThis() {
    SimKafka kafka = new SimKafka(new SimClock(Instant.parse("2026-01-01T00:00:00Z")));
    kafka.createTopic("job.meta", 1);
    SimClients clients = kafka.connect(JobConfig.defaults());
    try (MetaTopic meta = new MetaTopic(clients, "job.meta", "client");
        Producer<byte[], byte[]> producer = clients.plainProducer("test")) {
      Manifest known = Manifest.first(new UUID(1, 2));
      producer.send(meta.record(known));
      meta.refresh();
      assertThat(meta.manifest()).contains(known);
      byte[] later = "{\"phase\":[\"other\"],\"format\":2}".getBytes(StandardCharsets.UTF_8);
      byte[] key = "manifest".getBytes(StandardCharsets.UTF_8);
      producer.send(new ProducerRecord<>("job.meta", 0, key, later));
      meta.refresh();
      assertThatThrownBy(meta::manifest)
          .isInstanceOf(IncompatibleJobException.class)
          .hasMessageContaining("a later version of Millrace has written it (format 2");
      assertThatThrownBy(() -> meta.hasRunAfter(known))
          .isInstanceOf(IncompatibleJobException.class);
    }
  }
}
