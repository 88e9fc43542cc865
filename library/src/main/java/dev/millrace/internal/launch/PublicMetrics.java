package dev.millrace.internal.launch;

import dev.millrace.internal.runtime.StageMetrics;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Workers' counters as users see them. */
public final class PublicMetrics {

  private PublicMetrics() {}

  /** {@return the counters of each stage} */
  public static JobMetrics of(Map<String, StageMetrics.Snapshot> snapshots) {
    Map<String, StageCounters> stages = new LinkedHashMap<>();
    snapshots.forEach((stage, counters) -> stages.put(stage, counters(counters)));
    return new JobMetrics(stages);
  }

  private static StageCounters counters(StageMetrics.Snapshot counters) {
    return new StageCounters(
        counters.recordsIn(),
        counters.recordsOut(),
        counters.framesOut(),
        counters.lateRecords(),
        counters.skippedRecords(),
        counters.deadLetters(),
        counters.retries(),
        counters.commits(),
        counters.aborts(),
        counters.restoredRecords(),
        Duration.ofNanos(counters.commitNanos()),
        counters.circuitOpenings());
  }
}
