package dev.millrace;

import dev.millrace.internal.launch.Instance;
import dev.millrace.internal.meta.RunState;
import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.StageMetrics;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A handle on one running instance of a job.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class RunningJob implements AutoCloseable {

  /** Where an instance stands. */
  public enum State {
    /** Joining its groups and restoring state. */
    STARTING,
    /** At work. */
    RUNNING,
    /** Asked to stop; committing and leaving. */
    STOPPING,
    /** Stopped in good order. */
    STOPPED,
    /** All of a bounded input is processed, by this instance and all others. */
    FINISHED,
    /** Stopped by an error, see {@link #failure()}. */
    FAILED
  }

  private final Instance instance;

  RunningJob(Instance instance) {
    this.instance = instance;
  }

  /** {@return where the instance stands} */
  public State state() {
    RunState state = instance.state();
    return State.valueOf(state.name());
  }

  /** {@return the instance's name in reports and transactional ids} */
  public String instanceId() {
    return instance.instanceId();
  }

  /** {@return what stopped the instance, if it failed} */
  public Optional<Throwable> failure() {
    return instance.failure();
  }

  /** {@return the counters of this instance} */
  public JobMetrics metrics() {
    Map<String, StageCounters> stages = new LinkedHashMap<>();
    instance.metrics().forEach((stage, counters) -> stages.put(stage, counters(counters)));
    Map<String, List<SourcePartition>> sources = new LinkedHashMap<>();
    instance
        .sources()
        .forEach(
            (stage, tasks) -> sources.put(stage, tasks.stream().map(RunningJob::source).toList()));
    return new JobMetrics(stages, sources);
  }

  private static SourcePartition source(Worker.TaskView task) {
    SourceView source = task.source().orElseThrow();
    Optional<Instant> watermark =
        source.state() == SourceView.State.FINISHED
            ? Optional.of(Instant.MAX)
            : source.hasWatermark()
                ? Optional.of(Instant.ofEpochMilli(source.watermarkMs()))
                : Optional.empty();
    return new SourcePartition(
        task.task(),
        SourcePartition.State.valueOf(source.state().name()),
        watermark,
        Duration.ofNanos(source.watermarkAgeNanos()),
        source.lag());
  }

  private static StageCounters counters(StageMetrics.Snapshot counters) {
    return new StageCounters(
        counters.recordsIn(),
        counters.recordsOut(),
        counters.framesOut(),
        counters.watermarkFramesOut(),
        counters.lateRecords(),
        counters.lateTooFarAhead(),
        counters.recordsTooFarAhead(),
        counters.gapRecords(),
        counters.skippedRecords(),
        counters.deadLetters(),
        counters.retries(),
        counters.commits(),
        counters.aborts(),
        counters.restoredRecords(),
        Duration.ofNanos(counters.commitNanos()),
        counters.circuitOpenings());
  }

  /** Waits until the instance has ended, in whatever way; returns false if the time is up first. */
  public boolean awaitTermination(Duration atMost) throws InterruptedException {
    return instance.awaitEnd(atMost);
  }

  /** Commits, leaves the groups and waits for the end; harmless if the instance has ended. */
  @Override
  public void close() {
    instance.close();
  }
}
