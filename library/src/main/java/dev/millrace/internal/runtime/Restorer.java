package dev.millrace.internal.runtime;

import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.state.StoreBatch;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Replays changelogs into stores, in slices, beside the processing of other tasks.
 *
 * <p>The end of a restore is the <i>read_uncommitted</i> end of the changelog, taken after the
 * group's stable offset was read: the group's offsets become visible before the markers of the
 * transaction reach the changelog, so its last stable offset may lie before rows that are
 * committed. The reader itself is read_committed and waits for those markers. What counts is its
 * <i>position</i>, since the last offsets may be markers or aborted records, which it never
 * returns.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Restorer implements AutoCloseable {

  private static final Duration SLICE = Duration.ofMillis(20);

  /** From this many records on it is worth a flush not to replay them again after a kill. */
  private static final long FLUSH_RECORDS = 1_000;

  private static final class Restore {
    final StateStore store;
    final UUID topicId;
    final int resetEpoch;
    final long end;
    long records;

    Restore(StateStore store, UUID topicId, int resetEpoch, long end) {
      this.store = store;
      this.topicId = topicId;
      this.resetEpoch = resetEpoch;
      this.end = end;
    }
  }

  private final KafkaClients clients;
  private final String clientId;
  private final StageMetrics metrics;
  private final Clock clock;
  private final Map<TopicPartition, Restore> restores = new HashMap<>();
  private @Nullable Consumer<byte[], byte[]> reader;

  Restorer(KafkaClients clients, String clientId, StageMetrics metrics, Clock clock) {
    this.clients = clients;
    this.clientId = clientId;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Begins to replay a changelog partition from an offset up to an end. */
  void begin(
      TopicPartition changelog,
      StateStore store,
      UUID topicId,
      int resetEpoch,
      long from,
      long end) {
    Consumer<byte[], byte[]> consumer = reader;
    if (consumer == null) {
      consumer = clients.restoreConsumer(clientId);
      reader = consumer;
    }
    restores.put(changelog, new Restore(store, topicId, resetEpoch, end));
    consumer.assign(restores.keySet());
    consumer.seek(changelog, from);
  }

  /** Stops replaying a partition. */
  void cancel(TopicPartition changelog) {
    Consumer<byte[], byte[]> consumer = reader;
    if (restores.remove(changelog) != null && consumer != null) {
      consumer.assign(restores.keySet());
    }
  }

  /** {@return whether nothing is being replayed} */
  boolean isIdle() {
    return restores.isEmpty();
  }

  /** {@return how many records are still to be replayed, markers included} */
  long remaining() {
    Consumer<byte[], byte[]> consumer = reader;
    if (consumer == null) {
      return 0;
    }
    long remaining = 0;
    for (Map.Entry<TopicPartition, Restore> each : restores.entrySet()) {
      remaining += Math.max(0, each.getValue().end - consumer.position(each.getKey()));
    }
    return remaining;
  }

  /**
   * Replays a slice; returns the partitions that have come to their end, which are left off.
   *
   * @throws org.apache.kafka.clients.consumer.OffsetOutOfRangeException if a changelog was
   *     truncated or its beginning deleted meanwhile; its restore has to be cancelled and begun
   *     anew
   */
  Set<TopicPartition> step() {
    Set<TopicPartition> done = new HashSet<>();
    Consumer<byte[], byte[]> consumer = reader;
    if (restores.isEmpty() || consumer == null) {
      return done;
    }
    ConsumerRecords<byte[], byte[]> records = consumer.poll(SLICE);
    for (TopicPartition partition : records.partitions()) {
      Restore restore = restores.get(partition);
      if (restore != null) {
        apply(restore, records.records(partition), consumer.position(partition));
      }
    }
    restores.forEach(
        (partition, restore) -> {
          if (consumer.position(partition) >= restore.end) {
            done.add(partition);
            if (restore.records >= FLUSH_RECORDS) {
              restore.store.startFlush();
            }
          }
        });
    if (!done.isEmpty()) {
      restores.keySet().removeAll(done);
      consumer.assign(restores.keySet());
    }
    return done;
  }

  private void apply(Restore restore, List<ConsumerRecord<byte[], byte[]>> records, long position) {
    StoreBatch batch = new StoreBatch();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      byte[] key = TaskState.localKey(record.key());
      byte[] value = record.value();
      if (value == null) {
        batch.delete(key);
      } else {
        batch.put(key, value);
      }
    }
    Checkpoint before = restore.store.checkpoint();
    batch.checkpoint(
        new Checkpoint(
            restore.topicId.getMostSignificantBits(),
            restore.topicId.getLeastSignificantBits(),
            position,
            before == null ? 0 : before.txnSeq(),
            clock.wallMs(),
            restore.resetEpoch));
    restore.store.write(batch);
    restore.records += records.size();
    metrics.restoredRecords += records.size();
  }

  @Override
  public void close() {
    restores.clear();
    Consumer<byte[], byte[]> consumer = reader;
    reader = null;
    if (consumer != null) {
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
  }
}
