package dev.millrace.sidebyside.flink;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes a {@link Count} as the record that the workload asks for. */
final class CountRecords implements KafkaRecordSerializationSchema<Count> {

  private static final long serialVersionUID = 1L;

  private final String topic;

  CountRecords(String topic) {
    this.topic = topic;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      Count count, KafkaSinkContext context, Long timestamp) {
    return new ProducerRecord<>(
        topic,
        count.key.getBytes(StandardCharsets.UTF_8),
        Long.toString(count.count).getBytes(StandardCharsets.US_ASCII));
  }
}
