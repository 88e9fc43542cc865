package dev.millrace.internal.admin;

import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The scan of a compacted topic of one partition, for the last value of each key.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class TopicScan {

  private TopicScan() {}

  /**
   * {@return the last value of each key, deleted ones left out; the topic must exist}
   *
   * @throws dev.millrace.error.KafkaUnreachableException if brokers send nothing for ten seconds
   */
  static Map<String, byte[]> lastValues(Cluster cluster, String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    Map<String, byte[]> values = new LinkedHashMap<>();
    Consumer<byte[], byte[]> reader = cluster.clients().refreshConsumer("millrace-admin");
    try {
      reader.assign(List.of(partition));
      reader.seekToBeginning(List.of(partition));
      ScanToEnd scan =
          new ScanToEnd(
              reader, cluster.offsets().ends(List.of(partition), IsolationLevel.READ_COMMITTED));
      while (scan.isBehind()) {
        for (ConsumerRecord<byte[], byte[]> record : scan.poll()) {
          if (record.key() == null) {
            continue;
          }
          String key = new String(record.key(), StandardCharsets.UTF_8);
          if (record.value() == null) {
            values.remove(key);
          } else {
            values.put(key, record.value());
          }
        }
      }
    } finally {
      KafkaClients.closeReader(reader);
    }
    return values;
  }
}
