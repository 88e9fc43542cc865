package dev.millrace.internal.commit;

import dev.millrace.error.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The sender for at-least-once: records are flushed first, offsets committed last. Nothing is lost;
 * after a crash output repeats and keyed state may count twice. The same holds after {@link
 * #abort()}, which cannot take back what was sent.
 *
 * <p><b>Threads.</b> Confined to the worker; send errors arrive on the producer's thread.
 */
public final class AtLeastOnceSender implements Sender {

  private final Supplier<Producer<byte[], byte[]>> producers;
  private final Consumer<Map<TopicPartition, OffsetAndMetadata>> offsetCommit;
  private final Deliveries deliveries = new Deliveries();
  private final List<ProducerRecord<byte[], byte[]>> last = new ArrayList<>();
  private @Nullable Producer<byte[], byte[]> producer;
  private volatile Map<MetricName, ? extends Metric> metrics = Map.of();
  private long pendingBytes;
  private boolean sent;
  private boolean unacknowledged;

  /**
   * Creates a sender.
   *
   * @param offsetCommit commits offsets to the worker's group, waiting for the answer
   */
  public AtLeastOnceSender(
      Supplier<Producer<byte[], byte[]>> producers,
      Consumer<Map<TopicPartition, OffsetAndMetadata>> offsetCommit) {
    this.producers = producers;
    this.offsetCommit = offsetCommit;
  }

  @Override
  public void open() {
    Producer<byte[], byte[]> fresh = producers.get();
    producer = fresh;
    metrics = fresh.metrics();
  }

  @Override
  public void send(ProducerRecord<byte[], byte[]> record) {
    if (deliveries.failure() != null) {
      return; // All records will be made again; sending one more may wait as long for an error.
    }
    byte[] value = record.value();
    pendingBytes += value == null ? 0 : value.length;
    sent = true;
    deliveries.send(producer(), record);
  }

  @Override
  public void sendLast(ProducerRecord<byte[], byte[]> record) {
    last.add(record);
  }

  @Override
  public boolean hasOutput() {
    return sent || unacknowledged || deliveries.failure() != null;
  }

  @Override
  public long pendingBytes() {
    return deliveries.failure() == null ? pendingBytes : Long.MAX_VALUE;
  }

  @Override
  public CommitResult commit(
      Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
    if (sent) {
      producer().flush();
    }
    if (deliveries.failure() == null && !last.isEmpty()) {
      last.forEach(this::send);
      producer().flush();
    }
    UndeliveredException error = deliveries.failure();
    if (error != null) {
      reset();
      return new CommitResult.Aborted(error);
    }
    Map<TopicPartition, Long> acknowledged = deliveries.acknowledged();
    reset();
    unacknowledged = true;
    return new CommitResult.Committed(acknowledged);
  }

  @Override
  public void acknowledge(Map<TopicPartition, OffsetAndMetadata> offsets) {
    offsetCommit.accept(offsets);
    unacknowledged = false;
  }

  @Override
  public void abort() {
    reset();
  }

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    return metrics;
  }

  @Override
  public void close() {
    Producer<byte[], byte[]> closing = producer;
    producer = null;
    metrics = Map.of();
    reset();
    if (closing != null) {
      DiscardedProducer.close(closing);
    }
  }

  private void reset() {
    last.clear();
    pendingBytes = 0;
    sent = false;
    unacknowledged = false;
    deliveries.reset();
  }

  private Producer<byte[], byte[]> producer() {
    Producer<byte[], byte[]> open = producer;
    if (open == null) {
      throw new MillraceException("Cannot send: the producer is closed");
    }
    return open;
  }
}
