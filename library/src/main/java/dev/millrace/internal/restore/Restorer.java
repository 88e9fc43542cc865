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

  /**
   * The number of records to replay from which on a store is to prepare for them, which takes it
   * some milliseconds.
   */
  private static final long LOAD_RECORDS = 100_000;

  /**
   * The heap of rows that are written together. The more they are, the less it costs to put each of
   * them between the others; but arrays of some megabytes have G1 make its heap larger.
   */
  private static final long MOST_HEAP_BYTES = 1L << 20;

  private static final class Restore {
    final StateStore store;
    final UUID topicId;
    final int resetEpoch;
    final long end;
    final boolean isLoad;
    final ReplayedRows rows = new ReplayedRows();
    final StoreBatch batch = new StoreBatch();

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
      this.isLoad = end - position >= LOAD_RECORDS;
      this.movedNanos = nowNanos;
    }

    void begin() {
      if (isLoad) {
        store.beginLoad();
      }
    }

    void end() {
      if (isLoad) {
        store.endLoad();
      }
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
  private final long mostHeapBytes;
  private final Map<TopicPartition, Restore> restores = new HashMap<>();
  private @Nullable Consumer<byte[], byte[]> reader;

  /** Whether the last step replayed anything, so that the next one hardly has to wait. */
  private boolean replayed;

  /**
   * Creates a restorer of nothing.
   *
   * @param heapBytes what the rows of one store may take until they are written
   */
  Restorer(
      KafkaClients clients, String clientId, StageMetrics metrics, Clock clock, long heapBytes) {
    this.clients = clients;
    this.clientId = clientId;
    this.metrics = metrics;
    this.clock = clock;
    this.mostHeapBytes = Math.min(heapBytes, MOST_HEAP_BYTES);
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
    Restore restore = new Restore(store, topicId, resetEpoch, from, end, clock.nanos());
    restore.begin();
    restores.put(changelog, restore);
    consumer.assign(restores.keySet());
    consumer.seek(changelog, from);
  }

  /** Stops replaying a partition. */
  void cancel(TopicPartition changelog) {
    Consumer<byte[], byte[]> consumer = reader;
    Restore cancelled = restores.remove(changelog);
    if (cancelled != null && consumer != null) {
      cancelled.end();
      consumer.assign(restores.keySet());
    }
  }

  /** {@return whether the last step replayed records, so that more are likely to be there} */
  boolean isReplaying() {
    return replayed;
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

  /** Seeks, after a failed step, to what comes after all that was read. */
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
    replayed = false;
    Consumer<byte[], byte[]> consumer = reader;
    if (restores.isEmpty() || consumer == null) {
      return done;
    }
    ConsumerRecords<byte[], byte[]> records = consumer.poll(SLICE);
    replayed = !records.isEmpty();
    for (TopicPartition partition : records.partitions()) {
      Restore restore = restores.get(partition);
      if (restore != null) {
        List<ConsumerRecord<byte[], byte[]>> read = records.records(partition);
        // All that was fetched is taken over before the next query, which may fail.
        restore.movedTo(read.get(read.size() - 1).offset() + 1, clock.nanos());
        restore.rows.add(read);
        restore.records += read.size();
        metrics.counter(Measure.RESTORED_RECORDS).add(read.size());
      }
    }
    for (Restore restore : restores.values()) {
      if (restore.rows.heapBytes() >= mostHeapBytes) {
        write(restore);
      }
    }
    restores.forEach(
        (partition, restore) -> {
          movedTo(consumer, partition, restore);
          if (restore.position >= restore.end) {
            write(restore);
            done.add(partition);
            restore.end();
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

  private void write(Restore restore) {
    if (restore.rows.isEmpty()) {
      return;
    }
    Checkpoint before = restore.store.checkpoint();
    restore.batch.clear();
    restore.rows.addTo(restore.batch);
    restore.batch.checkpoint(
        new Checkpoint(
            restore.topicId.getMostSignificantBits(),
            restore.topicId.getLeastSignificantBits(),
            restore.position,
            before == null ? 0 : before.txnSeq(),
            clock.wallMs(),
            restore.resetEpoch));
    restore.store.write(restore.batch);
    restore.batch.clear();
    restore.rows.clear();
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
