package dev.millrace.internal.launch;

import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The workers' counters as users see them. */
public final class PublicMetrics {

  private PublicMetrics() {}

  /**
   * {@return the counters of each stage, and the state of the partitions of sources}
   *
   * @param tasks of each stage that reads a source
   */
  public static JobMetrics of(
      Map<String, StageCounters> stages, Map<String, List<TaskView>> tasks) {
    Map<String, List<SourcePartition>> sources = new LinkedHashMap<>();
    tasks.forEach(
        (stage, views) ->
            sources.put(stage, views.stream().map(PublicMetrics::partition).toList()));
    return new JobMetrics(stages, sources);
  }

  private static SourcePartition partition(TaskView task) {
    SourceView source = task.source().orElseThrow();
    return new SourcePartition(
        task.task(),
        SourcePartition.State.valueOf(source.state().name()),
        watermark(source),
        Duration.ofNanos(source.watermarkAgeNanos()),
        source.lag());
  }

  private static Optional<Instant> watermark(SourceView source) {
    if (source.state() == SourceView.State.FINISHED) {
      return Optional.of(Instant.MAX);
    }
    return source.hasWatermark()
        ? Optional.of(Instant.ofEpochMilli(source.watermarkMs()))
        : Optional.empty();
  }
}
