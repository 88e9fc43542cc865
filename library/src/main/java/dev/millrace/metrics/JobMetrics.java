package dev.millrace.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The figures of one instance, at one moment.
 *
 * <p>All of it is in {@link #samples} and {@link #histograms}, each with the description of its
 * metric, so that an exporter can pass all of them on without a list of names: to Prometheus, or to
 * Micrometer with a meter for each metric and its labels. The counters of stages and the partitions
 * of sources are also here by name, for programs that look for one of them.
 *
 * <p>Workers write their figures without waiting for readers: a sample may be a tenth of a second
 * old, a row count or the lag of a shuffle a second, and two samples need not be of the same
 * instant.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param stages the counters of each stage it serves, by the stage's name
 * @param sources the partitions it reads of each source, by the name of the source's stage
 * @param samples the values of all counters and gauges, those of one metric one after the other
 * @param histograms all distributions, those of one metric one after the other
 */
public record JobMetrics(
    Map<String, StageCounters> stages,
    Map<String, List<SourcePartition>> sources,
    List<MetricSample> samples,
    List<HistogramSample> histograms) {

  /** Copies the collections. */
  public JobMetrics {
    stages = Map.copyOf(new LinkedHashMap<>(stages));
    sources = Map.copyOf(new LinkedHashMap<>(sources));
    samples = List.copyOf(samples);
    histograms = List.copyOf(histograms);
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

  /** {@return the counters and the partitions, for people} */
  @Override
  public String toString() {
    return "JobMetrics[stages=" + stages + ", sources=" + sources + "]";
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
