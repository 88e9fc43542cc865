package dev.millrace.internal.runtime;

import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.time.SourceProgress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * Whether a source's partitions have been read to their ends, which is what idleness is decided by.
 *
 * <p>The read_uncommitted ends count: an open transaction of somebody else is not silence. The
 * cluster is asked about quiet partitions only, and at most once a second.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class SourceEnds {

  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final Consumer<byte[], byte[]> consumer;
  private Map<TopicPartition, Long> ends = Map.of();
  private long askedNanos;

  SourceEnds(StageSetup setup, WorkerSetup worker, Consumer<byte[], byte[]> consumer) {
    this.setup = setup;
    this.worker = worker;
    this.consumer = consumer;
  }

  /** Asks anew, if it is time and anybody needs to know. */
  void refresh(Collection<Task> tasks, long now) {
    boolean needed =
        setup.inputs().get(0).input() instanceof StageInput.Kafka kafka
            && kafka.source().watermarks().isPresent();
    if (!needed || tasks.isEmpty() || now - askedNanos < INTERVAL_NANOS) {
      return;
    }
    List<TopicPartition> quiet = new ArrayList<>();
    for (Task task : tasks) {
      TopicPartition partition = task.partitions()[0];
      OptionalLong lag = consumer.currentLag(partition);
      if (!task.hasWork() && lag.isPresent() && lag.getAsLong() == 0) {
        quiet.add(partition);
      }
    }
    askedNanos = now;
    try {
      ends =
          quiet.isEmpty()
              ? Map.of()
              : worker.topics().endOffsets(quiet, IsolationLevel.READ_UNCOMMITTED);
    } catch (KafkaUnreachableException e) {
      ends = Map.of();
    }
  }

  /** {@return where the reading of a task's source stands} */
  SourceProgress progress(Task task, boolean held) {
    if (held || !task.takesMore()) {
      return SourceProgress.PAUSED;
    }
    if (task.isWaiting() || (setup.readsSplits() && !task.hasWork())) {
      return SourceProgress.CAUGHT_UP;
    }
    Long end = ends.get(task.partitions()[0]);
    return !task.hasWork() && end != null && task.positions()[0] >= end
        ? SourceProgress.CAUGHT_UP
        : SourceProgress.LAGGING;
  }
}
