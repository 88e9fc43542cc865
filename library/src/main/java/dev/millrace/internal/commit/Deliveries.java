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
 * What has become of the records that were handed to a producer since the last commit: the first
 * that did not get through, and how far each partition has come.
 *
 * <p><b>Threads.</b> Confined to the worker; send errors arrive on the producer's thread.
 */
final class Deliveries {

  private final Map<TopicPartition, Future<RecordMetadata>> lastSent = new HashMap<>();
  private AtomicReference<@Nullable UndeliveredException> failure = new AtomicReference<>();

  /** Sends a record; that it fails is known at some time later. */
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
   * {@return for each partition that was named, the offset behind the last record; to be called
   * when all have got through}
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

  /** Forgets everything; what is still under way reports to nobody. */
  void reset() {
    lastSent.clear();
    failure = new AtomicReference<>();
  }
}
