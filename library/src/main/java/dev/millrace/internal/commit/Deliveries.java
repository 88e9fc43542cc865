package dev.millrace.internal.commit;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Callback;
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

  private final Map<TopicPartition, LastSent> lastSent = new HashMap<>();
  private AtomicReference<@Nullable UndeliveredException> failure = new AtomicReference<>();

  // A commit sends its records topic by topic and partition by partition, thousands in a row.
  private @Nullable FailureNote latestNote;
  private @Nullable LastSent latest;

  /** Sends a record; a failure is known only some time later. */
  void send(Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    Future<RecordMetadata> sent = producer.send(record, note(record.topic()));
    Integer partition = record.partition();
    if (partition != null) {
      lastSent(record.topic(), partition).future = sent;
    }
  }

  private Callback note(String topic) {
    FailureNote known = latestNote;
    if (known == null || !known.topic.equals(topic)) {
      known = new FailureNote(topic, failure);
      latestNote = known;
    }
    return known;
  }

  private LastSent lastSent(String topic, int partition) {
    LastSent known = latest;
    if (known == null
        || known.partition.partition() != partition
        || !known.partition.topic().equals(topic)) {
      known = lastSent.computeIfAbsent(new TopicPartition(topic, partition), LastSent::new);
      latest = known;
    }
    return known;
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
            offsets.put(partition, Objects.requireNonNull(sent.future).get().offset() + 1);
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
    latest = null;
    latestNote = null;
    failure = new AtomicReference<>();
  }

  /** The last record that went to a partition. */
  private static final class LastSent {

    private final TopicPartition partition;
    private @Nullable Future<RecordMetadata> future;

    LastSent(TopicPartition partition) {
      this.partition = partition;
    }
  }

  /** The note of the first failure, for all records of one topic. */
  private record FailureNote(String topic, AtomicReference<@Nullable UndeliveredException> first)
      implements Callback {

    @Override
    public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception error) {
      if (error != null) {
        first.compareAndSet(null, new UndeliveredException(topic, error));
      }
    }
  }
}
