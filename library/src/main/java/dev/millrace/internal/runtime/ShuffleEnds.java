package dev.millrace.internal.runtime;

import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.time.SourceProgress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The check whether tasks that read shuffles have read what was there when the grace of an idle
 * channel ended.
 *
 * <p>A task that was held up, by a commit, a firing or much to read, must not exclude a channel
 * whose records wait in the shuffle. The cluster is asked once for all channels whose grace is over
 * by then.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class ShuffleEnds {

  private static final long BETWEEN_QUESTIONS_NANOS = 100_000_000L;

  private record Ends(Map<TopicPartition, Long> offsets, long askedNanos) {}

  private final WorkerSetup worker;
  private final AuxiliaryCalls calls;
  private final Map<Integer, Ends> ends = new HashMap<>();
  private boolean asked;
  private long askedNanos;

  ShuffleEnds(WorkerSetup worker, AuxiliaryCalls calls) {
    this.worker = worker;
    this.calls = calls;
  }

  /** Asks for the ends of those tasks for which a grace is over. */
  void refresh(Collection<Task> tasks, long now) {
    List<Task> due = new ArrayList<>();
    for (Task task : tasks) {
      Ends known = ends.get(task.partition());
      if (!task.progress().isGraceOver(now)) {
        ends.remove(task.partition());
      } else if (known == null || !task.progress().isGraceOver(known.askedNanos())) {
        // The ends settle only those graces that were over when they were asked for; one that has
        // ended since needs ends of its own.
        due.add(task);
      }
    }
    if (due.isEmpty() || (asked && now - askedNanos < BETWEEN_QUESTIONS_NANOS)) {
      return;
    }
    asked = true;
    askedNanos = now;
    List<TopicPartition> partitions =
        due.stream().flatMap(task -> List.of(task.partitions()).stream()).toList();
    calls
        .ask(
            "find out whether a shuffle is read to its end",
            () -> worker.cluster().offsets().ends(partitions, IsolationLevel.READ_COMMITTED))
        .ifPresent(found -> due.forEach(task -> ends.put(task.partition(), new Ends(found, now))));
  }

  /** {@return whether a task has read what was there when the ends were asked for} */
  SourceProgress progress(Task task) {
    Ends known = ends.get(task.partition());
    if (known == null) {
      return SourceProgress.UNKNOWN;
    }
    TopicPartition[] partitions = task.partitions();
    for (int i = 0; i < partitions.length; i++) {
      Long end = known.offsets().get(partitions[i]);
      if (end == null || task.positions()[i] < end) {
        return SourceProgress.LAGGING;
      }
    }
    return SourceProgress.CAUGHT_UP;
  }

  /** {@return when the ends that a task has to read up to were asked for; now if they were not} */
  long askedNanos(Task task, long now) {
    Ends known = ends.get(task.partition());
    return known == null ? now : known.askedNanos();
  }
}
