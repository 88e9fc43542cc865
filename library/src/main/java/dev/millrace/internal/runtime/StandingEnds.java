package dev.millrace.internal.runtime;

import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.Task;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The check whether the topic of a table ends before what stood in it when the job was first
 * started, since its log was cut off: what is gone is not waited for.
 *
 * <p>The cluster is asked when a task has read all there is, as far as the consumer knows, and
 * still looks for more. An answer of the consumer alone would not do: a replica that it reads from
 * may not have all of the log yet.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class StandingEnds {

  private static final long BETWEEN_QUESTIONS_NANOS = 1_000_000_000L;

  private final WorkerSetup worker;
  private final Consumer<byte[], byte[]> consumer;
  private final AuxiliaryCalls calls;
  private boolean asked;
  private long askedNanos;

  StandingEnds(WorkerSetup worker, Consumer<byte[], byte[]> consumer, AuxiliaryCalls calls) {
    this.worker = worker;
    this.consumer = consumer;
    this.calls = calls;
  }

  /** Looks at those tasks of a source that are still to read what stood in its topic. */
  void check(Collection<Task> tasks, long now) {
    List<Task> ended = new ArrayList<>();
    for (Task task : tasks) {
      if (task.awaitsStandingRows() && hasReadAll(task)) {
        ended.add(task);
      }
    }
    if (ended.isEmpty() || (asked && now - askedNanos < BETWEEN_QUESTIONS_NANOS)) {
      return;
    }
    asked = true;
    askedNanos = now;
    List<TopicPartition> partitions = ended.stream().map(task -> task.partitions()[0]).toList();
    calls
        .ask(
            "find out whether the topic of a table is read to its end",
            () -> worker.cluster().offsets().ends(partitions, IsolationLevel.READ_COMMITTED))
        .ifPresent(
            ends ->
                ended.forEach(
                    task -> {
                      Long end = ends.get(task.partitions()[0]);
                      if (end != null && task.positions()[0] >= end) {
                        task.standingRowsAreGone();
                      }
                    }));
  }

  private boolean hasReadAll(Task task) {
    if (!task.isQueueEmpty()) {
      return false;
    }
    OptionalLong lag = consumer.currentLag(task.partitions()[0]);
    return lag.isPresent() && lag.getAsLong() == 0;
  }
}
