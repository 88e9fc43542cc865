package dev.millrace.metrics;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The counters of one instance at one moment.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param stages the counters of each stage it serves, by the stage's name
 */
public record JobMetrics(Map<String, StageCounters> stages) {

  /** Copies the map. */
  public JobMetrics {
    stages = Map.copyOf(new LinkedHashMap<>(stages));
  }

  /** {@return the counters of one stage; all zero if this instance does not serve it} */
  public StageCounters stage(String name) {
    return stages.getOrDefault(name, StageCounters.NONE);
  }
}
