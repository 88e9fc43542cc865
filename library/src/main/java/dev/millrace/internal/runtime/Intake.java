package dev.millrace.internal.runtime;

import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * What a worker reads, and how long it may wait for it.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Intake {

  private static final Duration POSITION_WAIT = Duration.ofMillis(20);
  private static final Duration IDLE_POLL = Duration.ofMillis(100);
  private static final Duration OPENING_POLL = Duration.ofMillis(5);
  private static final long SPLITS_POLL_NANOS = 10_000_000;

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final Assignment assignment;
  private final Transactions transactions;
  private final CommitPace pace;
  private final OpenCalls calls;
  private final Clock clock;

  /** Where the consumer could not read, as of the last time. */
  private final Map<TopicPartition, Long> outOfRange = new HashMap<>();

  private volatile boolean held;

  Intake(
      StageSetup setup,
      WorkerSetup worker,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Assignment assignment,
      Transactions transactions,
      CommitPace pace,
      OpenCalls calls) {
    this.setup = setup;
    this.worker = worker;
    this.consumer = consumer;
    this.sender = sender;
    this.assignment = assignment;
    this.transactions = transactions;
    this.pace = pace;
    this.calls = calls;
    this.clock = worker.clock();
  }

  /** Keeps a source from reading on, or lets it go on; for any thread. */
  void hold(Worker.Hold wanted) {
    held = wanted == Worker.Hold.PAUSE;
  }

  /** {@return whether the source is kept from reading on} */
  boolean isHeld() {
    return held;
  }

  /**
   * {@return whether tasks are to process nothing: pausing the consumer is not enough for a source
   * of splits, since one that was fetched goes on for long}
   */
  boolean holdsTasks() {
    return held && setup.readsSplits();
  }

  /**
   * A worker that was paused may have lost a partition without knowing, and what it wants to read
   * may be purged: then its committed offset has moved on. If it has not, records are lost.
   */
  ConsumerRecords<byte[], byte[]> poll() {
    Duration timeout = pollTimeout();
    if (calls.areUnderWay()) {
      calls.await(timeout);
      timeout = Duration.ZERO;
    }
    try {
      return consumer.poll(timeout);
    } catch (OffsetOutOfRangeException e) {
      e.offsetOutOfRangePartitions()
          .forEach(
              (partition, offset) -> {
                if (offset.equals(outOfRange.put(partition, offset))) {
                  throw lost(partition, offset, e);
                }
              });
      sender.abort();
      transactions.startAfresh(e);
      return ConsumerRecords.empty();
    }
  }

  private OffsetsDivergedException lost(TopicPartition from, long offset, RuntimeException cause) {
    long start = worker.topics().beginningOffsets(List.of(from)).getOrDefault(from, -1L);
    return new OffsetsDivergedException(
        "Cannot read topic "
            + from.topic()
            + ", partition "
            + from.partition()
            + ", from offset "
            + offset
            + ", where stage '"
            + setup.stage().name()
            + "' stopped: its records were deleted or cut off meanwhile (it begins at offset "
            + start
            + " now). Run reset to say where to go on",
        cause);
  }

  private Duration pollTimeout() {
    if (transactions.isSuspended()) {
      return Duration.ofNanos(Math.min(IDLE_POLL.toNanos(), transactions.nanosSuspended()));
    }
    if (assignment.isOpening()) {
      return OPENING_POLL;
    }
    if (transactions.isCommitBegun()) {
      return IDLE_POLL; // There is nothing to do until the last call has ended.
    }
    boolean idleSplits = false;
    for (Task task : assignment.tasks()) {
      if (task.hasWork() && !holdsTasks()) {
        return Duration.ZERO;
      }
      idleSplits |= task.idleMs().isPresent();
    }
    long now = clock.nanos();
    long wait = Math.min(IDLE_POLL.toNanos(), pace.nanosUntilDue(now));
    if (!pace.isPending()) {
      // Else what is due goes with that commit, and must not make the loop spin until then.
      for (Task task : assignment.tasks()) {
        wait = Math.min(wait, task.progress().nanosUntilDue(now));
      }
    }
    if (idleSplits) {
      wait = Math.min(wait, SPLITS_POLL_NANOS);
    }
    return Duration.ofNanos(Math.max(wait, 0));
  }

  /**
   * Tells a task where its inputs stand, which says more than its last record where there are gaps.
   */
  void moveToPosition(Task task) {
    TopicPartition[] partitions = task.partitions();
    for (int i = 0; i < partitions.length; i++) {
      try {
        task.movedTo(i, consumer.position(partitions[i], POSITION_WAIT));
      } catch (TimeoutException e) {
        // A leader has changed and the position is being checked: it is known a little later.
        return;
      }
    }
  }
}
