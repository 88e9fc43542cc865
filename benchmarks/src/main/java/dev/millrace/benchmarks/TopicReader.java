package dev.millrace.benchmarks;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A reader of whole topics, as they are when it begins, of what is committed.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class TopicReader implements AutoCloseable {

  private final KafkaConsumer<byte[], byte[]> consumer;

  TopicReader(String bootstrap) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("max.poll.records", 10_000);
    settings.put("max.partition.fetch.bytes", 4 << 20);
    settings.put("fetch.max.bytes", 16 << 20);
    consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** {@return the names of all topics that end so} */
  List<String> topics(String suffix) {
    return consumer.listTopics().keySet().stream()
        .filter(name -> name.endsWith(suffix))
        .sorted()
        .toList();
  }

  /** {@return where a topic ends now} */
  Map<TopicPartition, Long> ends(String topic) {
    List<TopicPartition> partitions = partitions(topic);
    consumer.assign(partitions);
    return Map.copyOf(consumer.endOffsets(partitions));
  }

  /** Reads a topic from its beginning. */
  void read(String topic, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    read(topic, Map.of(), reader);
  }

  /** Reads a topic from these offsets on, and partitions that have none from their beginning. */
  void read(
      String topic,
      Map<TopicPartition, Long> from,
      Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    Map<TopicPartition, Long> ends = ends(topic);
    consumer.seekToBeginning(ends.keySet());
    ends.keySet().stream()
        .filter(from::containsKey)
        .forEach(partition -> consumer.seek(partition, from.getOrDefault(partition, 0L)));
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      consumer.poll(Duration.ofMillis(200)).forEach(reader);
    }
  }

  private List<TopicPartition> partitions(String topic) {
    return consumer.partitionsFor(topic).stream()
        .map(info -> new TopicPartition(topic, info.partition()))
        .toList();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
