package dev.millrace.internal.launch;

import dev.millrace.internal.query.Queries;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.metrics.JobMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An instance without threads: its workers take their steps when the caller asks for them.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class SteppedInstance {

  private final Instance instance;
  private final List<Worker> workers = new ArrayList<>();

  SteppedInstance(Instance instance) {
    this.instance = instance;
    instance.workers().values().forEach(workers::addAll);
  }

  /** Makes the first step of every worker. */
  public void begin() {
    workers.forEach(Worker::begin);
  }

  /** {@return the workers, stage by stage} */
  public List<Worker> workers() {
    return workers;
  }

  /** {@return the workers of each stage} */
  public Map<String, List<Worker>> workersByStage() {
    return instance.workers();
  }

  /**
   * {@return what several instances measure, put together}
   *
   * @param stages all stages of the job
   */
  public static JobMetrics metrics(List<String> stages, List<SteppedInstance> instances) {
    return PublicMetrics.of(stages, instances.stream().map(each -> each.instance).toList());
  }

  /** {@return the stores of the job, for those who ask for state} */
  public Queries queries() {
    return instance.queries();
  }

  /** {@return whether the instance has tables whole} */
  public boolean hasTables() {
    return !instance.tables().isIdle();
  }

  /** Reads what there is of the tables that the instance has whole; returns whether any was. */
  public boolean readTables() {
    return instance.tables().step(Duration.ZERO);
  }

  /** Reports, holds sources back, deletes what is read: whatever is due by the clock. */
  public void keepHouse() {
    instance.keepHouse();
  }

  /** {@return whether the instance has found out that it is to stop} */
  public boolean isToStop() {
    return instance.isStopRequested();
  }

  /** {@return whether the input was bounded and all of it has been processed, by all instances} */
  public boolean isFinished() {
    return instance.isFinished();
  }

  /** Stops in good order: what is pending is committed, as far as it is a whole. */
  public void stop() {
    workers.forEach(Worker::commitLast);
    instance.leaveGroups();
    workers.forEach(worker -> worker.end(failure -> {}));
    instance.tables().close();
    instance.closeAll();
  }

  /**
   * Stops as a killed process does. Its clients must be dead already; what the operating system
   * would reclaim is released here.
   */
  public void vanish() {
    workers.forEach(Worker::vanish);
    instance.letGo();
  }
}
