package dev.millrace.internal.shuffle;

import dev.millrace.internal.commit.CommitResult;
import dev.millrace.internal.commit.Sender;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;

/** A sender that keeps the records it is given, and never commits. */
public final class SentRecords implements Sender {

  public final List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();

  @Override
  public void open() {}

  @Override
  public void send(ProducerRecord<byte[], byte[]> record) {
    records.add(record);
  }

  @Override
  public void sendLast(ProducerRecord<byte[], byte[]> record) {
    send(record);
  }

  @Override
  public boolean hasOutput() {
    return pendingBytes() > 0;
  }

  @Override
  public long pendingBytes() {
    return 0;
  }

  @Override
  public CommitResult commit(
      Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void acknowledge(Map<TopicPartition, OffsetAndMetadata> offsets) {}

  @Override
  public void abort() {}

  @Override
  public void close() {}

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    return Map.of();
  }
}
