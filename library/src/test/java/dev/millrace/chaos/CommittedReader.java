package dev.millrace.chaos;

import dev.millrace.devbroker.testing.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

/**
 * Reads a topic read_committed, bit by bit; within a partition in order.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
public final class CommittedReader implements AutoCloseable {

  private final Consumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;

  /** Begins at the beginning. */
  public CommittedReader(TestBroker broker, String topic) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", broker.bootstrapServers());
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "none");
    settings.put("max.poll.records", "10000");
    // A fetch that waits for more holds up the next question for ends, and the closing.
    settings.put("fetch.max.wait.ms", "10");
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** {@return the records that are new since the last call, up to the last stable offset} */
  public List<ConsumerRecord<byte[], byte[]>> more() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    while (!ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
      consumer.poll(Duration.ofMillis(50)).forEach(records::add);
    }
    return records;
  }

  /**
   * Reads on until a condition holds, or the time is up: what is missing then is for the caller to
   * look at.
   */
  void read(
      String name,
      Duration atMost,
      java.util.function.Consumer<byte[]> taker,
      BooleanSupplier end) {
    long deadline = System.nanoTime() + atMost.toNanos();
    Awaitility.await(name)
        .forever()
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              more().forEach(record -> taker.accept(record.value()));
              return end.getAsBoolean() || System.nanoTime() - deadline > 0;
            });
  }

  @Override
  public void close() {
    consumer.close();
  }
}
