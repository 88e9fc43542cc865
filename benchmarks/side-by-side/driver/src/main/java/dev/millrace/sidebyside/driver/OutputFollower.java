package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.figures.Counts;
import dev.millrace.sidebyside.figures.Progress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads the committed results of a run, with the times at which the broker took them.
 *
 * <p>It reads only when asked, so that it does not take the CPU of an engine at work.
 *
 * <p><b>Threads.</b> One.
 */
final class OutputFollower implements AutoCloseable {

  private final KafkaConsumer<String, String> consumer;
  private final List<TopicPartition> partitions;
  private final ResultRule rule;
  private final Counts counts = new Counts();
  private final Progress progress;

  /**
   * Creates a reader of a topic from its beginning.
   *
   * @param startMs the start of the run, in milliseconds since the epoch
   * @param rule how results become numbers
   */
  OutputFollower(Kafka kafka, String topic, int partitions, long startMs, ResultRule rule) {
    this.rule = rule;
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                kafka.bootstrapServers(),
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                10_000,
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                100),
            new StringDeserializer(),
            new StringDeserializer());
    this.partitions =
        IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(topic, i)).toList();
    this.progress = new Progress(startMs);
    consumer.assign(this.partitions);
    consumer.seekToBeginning(this.partitions);
  }

  /** {@return where committed results end, in all partitions together} */
  long committedEnd() {
    return ends().values().stream().mapToLong(Long::longValue).sum();
  }

  /** Reads what is committed now. */
  void readToEnd() {
    Map<TopicPartition, Long> ends = ends();
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      take(consumer.poll(Duration.ofMillis(100)));
    }
  }

  private Map<TopicPartition, Long> ends() {
    return consumer.endOffsets(partitions);
  }

  private void take(ConsumerRecords<String, String> records) {
    for (TopicPartition partition : records.partitions()) {
      // Records of a batch have the same time.
      long atMs = 0;
      long growth = 0;
      for (ConsumerRecord<String, String> record : records.records(partition)) {
        if (record.timestamp() != atMs) {
          progress.add(partition.partition(), atMs, growth);
          atMs = record.timestamp();
          growth = 0;
        }
        growth += rule.take(record.key(), record.value(), counts);
      }
      progress.add(partition.partition(), atMs, growth);
    }
  }

  /** {@return the results that were read} */
  Counts counts() {
    return counts;
  }

  /** {@return by how much their numbers have grown, by the time at which the broker took them} */
  Progress progress() {
    return progress;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
