package dev.millrace.internal.runtime;

import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceAlignment;
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
 * The check whether a source's partitions have been read to their ends, by which idleness is
 * decided.
 *
 * <p>The read_uncommitted ends count: a partition in which another producer has a transaction open
 * is not silent. The cluster is asked when a partition has been quiet for its idle timeout, and
 * once in a while when it is idle.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class SourceEnds {

  private static final long SOON_NANOS = 100_000_000L;

  private final WorkerSetup worker;
  private final Consumer<byte[], byte[]> consumer;
  private final AuxiliaryCalls calls;
  private final boolean needed;
  private final long intervalNanos;

  /** The cluster's answer in this turn; empty if it was not asked. */
  private Map<TopicPartition, Long> ends = Map.of();

  private boolean asked;
  private long askedNanos;

  SourceEnds(
      StageSetup setup,
      WorkerSetup worker,
      Consumer<byte[], byte[]> consumer,
      AuxiliaryCalls calls) {
    this.worker = worker;
    this.consumer = consumer;
    this.calls = calls;
    this.intervalNanos = worker.rhythm().sourceEnds().toNanos();
    this.needed =
        setup.inputs().get(0).input() instanceof StageInput.Kafka kafka
            && kafka.source().times().hasWatermarks();
  }

  /** Asks for the ends, if it is time and any task needs them. */
  void refresh(Collection<Task> tasks, long now) {
    ends = Map.of();
    if (!needed || (asked && now - askedNanos < Math.min(SOON_NANOS, intervalNanos))) {
      return;
    }
    List<TopicPartition> quiet = new ArrayList<>();
    boolean urgent = false;
    for (Task task : tasks) {
      if (task.progress().isQuietForLong(now) && isQuiet(task)) {
        quiet.add(task.partitions()[0]);
        urgent |= task.progress().status() != ChannelStatus.IDLE;
      }
    }
    if (quiet.isEmpty() || (!urgent && asked && now - askedNanos < intervalNanos)) {
      return;
    }
    asked = true;
    askedNanos = now;
    ends =
        calls
            .ask(
                "find out whether quiet sources are read to their ends",
                () -> worker.cluster().offsets().ends(quiet, IsolationLevel.READ_UNCOMMITTED))
            .orElse(Map.of());
  }

  /** {@return where the reading of a task's source stands} */
  SourceProgress progress(Task task, boolean held) {
    if (held || !task.takesMore() || task.waiting() == SourceAlignment.Waiting.YES) {
      return SourceProgress.PAUSED;
    }
    if (task.isWaiting()) {
      return SourceProgress.CAUGHT_UP;
    }
    if (needed && isUnknown(task)) {
      return SourceProgress.UNKNOWN;
    }
    if (!needed || !isQuiet(task)) {
      return SourceProgress.LAGGING;
    }
    Long end = ends.get(task.partitions()[0]);
    if (end == null) {
      return SourceProgress.QUIET;
    }
    return task.positions()[0] >= end ? SourceProgress.CAUGHT_UP : SourceProgress.LAGGING;
  }

  /** Whether nothing has been fetched yet from where the task goes on. */
  private boolean isUnknown(Task task) {
    return !task.hasWork() && consumer.currentLag(task.partitions()[0]).isEmpty();
  }

  /** Whether all is read up to the end that the consumer's last fetch reported. */
  private boolean isQuiet(Task task) {
    if (task.hasWork()) {
      return false;
    }
    OptionalLong lag = consumer.currentLag(task.partitions()[0]);
    return lag.isPresent() && lag.getAsLong() == 0;
  }
}
