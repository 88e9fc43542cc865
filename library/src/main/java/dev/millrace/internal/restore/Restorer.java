package dev.millrace.internal.restore;

import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StoreBatch;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replay of changelogs into stores, in slices, while other tasks are processed.
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

  private static final Logger LOGGER = LoggerFactory.getLogger(Restorer.class);
  private static final Duration SLICE = Duration.ofMillis(20);

  /** Short, since the worker's other tasks wait meanwhile. */
  private static final Duration POSITION_WAIT = Duration.ofMillis(5);

  /**
   * The number of replayed records from which a flush pays: they need no replay again after a kill.
   */
  private static final long FLUSH_RECORDS = 1_000;

  private static final class Restore {
    final StateStore store;
    final UUID topicId;
    final int resetEpoch;
    final long end;

    /** The offset up to which the restore is known to have come. */
    long position;

    /** The time at which the restore was last seen to advance. */
    long movedNanos;

    long records;

    Restore(
        StateStore store, UUID topicId, int resetEpoch, long position, long end, long nowNanos) {
      this.store = store;
      this.topicId = topicId;
      this.resetEpoch = resetEpoch;
      this.position = position;
      this.end = end;
      this.movedNanos = nowNanos;
    }

    void movedTo(long newPosition, long nowNanos) {
      if (newPosition > position) {
        position = newPosition;
        movedNanos = nowNanos;
      }
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
    restores.put(changelog, new Restore(store, topicId, resetEpoch, from, end, clock.nanos()));
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

  /** {@return how many records are still to be replayed, markers included} */
  long remaining() {
    long remaining = 0;
    for (Restore restore : restores.values()) {
      remaining += Math.max(0, restore.end - restore.position);
    }
    return remaining;
  }

  /** {@return the changelogs of which nothing has been read for that long} */
  Set<TopicPartition> stalledFor(long nanos) {
    long now = clock.nanos();
    Set<TopicPartition> stalled = new HashSet<>();
    restores.forEach(
        (changelog, restore) -> {
          if (now - restore.movedNanos >= nanos) {
            stalled.add(changelog);
          }
        });
    return stalled;
  }

  /** Seeks, after a failed step, to what comes after all that was applied. */
  void fetchAnew() {
    Consumer<byte[], byte[]> consumer = reader;
    if (consumer != null) {
      restores.forEach((changelog, restore) -> consumer.seek(changelog, restore.position));
    }
  }

  /**
   * Replays a slice; returns the partitions that have reached their end, which are not replayed any
   * further.
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
        List<ConsumerRecord<byte[], byte[]>> read = records.records(partition);
        // All that was fetched is applied before the next query, which may fail.
        restore.movedTo(read.get(read.size() - 1).offset() + 1, clock.nanos());
        apply(restore, read);
      }
    }
    restores.forEach(
        (partition, restore) -> {
          movedTo(consumer, partition, restore);
          if (restore.position >= restore.end) {
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

  /**
   * Moves to the consumer's position, waiting shortly: after a change of leader it is validated
   * first.
   */
  private void movedTo(
      Consumer<byte[], byte[]> consumer, TopicPartition partition, Restore restore) {
    try {
      restore.movedTo(consumer.position(partition, POSITION_WAIT), clock.nanos());
    } catch (TimeoutException e) {
      LOGGER.atTrace().addKeyValue("partition", partition).log("Position not known at present");
    }
  }

  private void apply(Restore restore, List<ConsumerRecord<byte[], byte[]>> records) {
    StoreBatch batch = new StoreBatch();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      byte[] key = TaskRows.localKey(record.key());
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
            restore.position,
            before == null ? 0 : before.txnSeq(),
            clock.wallMs(),
            restore.resetEpoch));
    restore.store.write(batch);
    restore.records += records.size();
    metrics.counter(Measure.RESTORED_RECORDS).add(records.size());
  }

  @Override
  public void close() {
    restores.clear();
    Consumer<byte[], byte[]> consumer = reader;
    reader = null;
    if (consumer != null) {
      try {
        KafkaClients.closeReader(consumer);
      } catch (KafkaException e) {
        // Of a plugin of the client's, which has closed everything: others are still to be closed.
        LOGGER.atWarn().setCause(e).log("A consumer did not close in good order");
      }
    }
  }
}
