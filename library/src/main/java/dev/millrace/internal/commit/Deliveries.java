package dev.millrace.internal.commit;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries of the records that were passed to a producer since the last commit: the first
 * failure, and the last acknowledged offset of each partition.
 *
 * <p><b>Threads.</b> Confined to the worker; send errors arrive on the producer's thread.
 */
final class Deliveries {

  private final Map<TopicPartition, Future<RecordMetadata>> lastSent = new HashMap<>();
  private AtomicReference<@Nullable UndeliveredException> failure = new AtomicReference<>();

  /** Sends a record; a failure is known only some time later. */
  void send(Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    AtomicReference<@Nullable UndeliveredException> first = failure;
    Future<RecordMetadata> sent =
        producer.send(
            record,
            (metadata, error) -> {
              if (error != null) {
                first.compareAndSet(null, new UndeliveredException(record.topic(), error));
              }
            });
    if (record.partition() != null) {
      lastSent.put(new TopicPartition(record.topic(), record.partition()), sent);
    }
  }

  /** {@return the first failure there was, or null if there was none as far as is known} */
  @Nullable UndeliveredException failure() {
    return failure.get();
  }

  /**
   * {@return for each partition that was acknowledged, the offset after the last record; to be
   * called when all records are delivered}
   */
  Map<TopicPartition, Long> acknowledged() {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    lastSent.forEach(
        (partition, sent) -> {
          try {
            offsets.put(partition, sent.get().offset() + 1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
          } catch (ExecutionException e) {
            throw new KafkaException(e.getCause());
          }
        });
    return offsets;
  }

  /** Forgets everything; the results of sends still under way are ignored. */
  void reset() {
    lastSent.clear();
    failure = new AtomicReference<>();
  }
}
