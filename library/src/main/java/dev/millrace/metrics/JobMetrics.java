package dev.millrace.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The counters of one instance at one moment.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param stages the counters of each stage it serves, by the stage's name
 * @param sources the partitions it reads of each source, by the name of the source's stage
 */
public record JobMetrics(
    Map<String, StageCounters> stages, Map<String, List<SourcePartition>> sources) {

  /** Copies the maps. */
  public JobMetrics {
    stages = Map.copyOf(new LinkedHashMap<>(stages));
    sources = Map.copyOf(new LinkedHashMap<>(sources));
  }

  /**
   * {@return the partitions of one source that this instance reads, by number}
   *
   * @throws IllegalArgumentException if the job has no such stage
   */
  public List<SourcePartition> source(String stage) {
    checkStage(stage);
    return sources.getOrDefault(stage, List.of());
  }

  /**
   * {@return the counters of one stage; all zero if it has done nothing here}
   *
   * @throws IllegalArgumentException if the job has no such stage
   */
  public StageCounters stage(String name) {
    checkStage(name);
    return stages.getOrDefault(name, StageCounters.NONE);
  }

  private void checkStage(String name) {
    if (!stages.containsKey(name) && !sources.containsKey(name)) {
      throw new IllegalArgumentException(
          "Cannot show the metrics of stage '"
              + name
              + "': there is no such stage. The stages are "
              + new TreeSet<>(stages.keySet()));
    }
  }
}
