package dev.millrace.internal.launch;

import dev.millrace.internal.broadcast.BroadcastRows;
import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.Metric;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What instances measure, as users see it. */
public final class PublicMetrics {

  private PublicMetrics() {}

  /** {@return the metrics of one instance} */
  public static JobMetrics of(Instance instance) {
    return of(List.of(), List.of(instance));
  }

  /**
   * {@return the metrics of several instances, put together}
   *
   * @param stages of the job, also those that none of the instances serves
   */
  static JobMetrics of(List<String> stages, List<Instance> instances) {
    Map<String, StageCounters> sums = new TreeMap<>();
    stages.forEach(stage -> sums.put(stage, StageCounters.NONE));
    Map<String, List<SourcePartition>> sources = new TreeMap<>();
    Samples samples = new Samples();
    for (Instance instance : instances) {
      instance
          .metrics()
          .forEach((stage, counters) -> sums.merge(stage, counters, StageCounters::plus));
      instance
          .sources()
          .forEach(
              (stage, tasks) ->
                  tasks.forEach(
                      task ->
                          sources
                              .computeIfAbsent(stage, absent -> new ArrayList<>())
                              .add(partition(task))));
      instance.sources().keySet().forEach(stage -> sources.putIfAbsent(stage, new ArrayList<>()));
      addSamples(instance, samples);
    }
    sources
        .values()
        .forEach(partitions -> partitions.sort(Comparator.comparing(SourcePartition::partition)));
    return new JobMetrics(sums, sources, samples.values(), samples.histograms());
  }

  // ------------------------------------------------------------------ samples

  private static void addSamples(Instance instance, Samples samples) {
    String job = instance.job();
    long wallMs = instance.clock().wallMs();
    instance
        .workers()
        .forEach(
            (stage, workers) -> {
              StageSetup setup = instance.setup(stage);
              for (int i = 0; i < workers.size(); i++) {
                Worker worker = workers.get(i);
                addCells(worker.cells(), samples, job, stage, String.valueOf(i));
                worker
                    .view()
                    .tasks()
                    .forEach(task -> addTask(task, setup, samples, job, stage, wallMs));
              }
            });
    instance.tables().tables().forEach(table -> addTable(table, samples, job));
  }

  private static void addCells(
      StageMetrics cells, Samples samples, String job, String stage, String worker) {
    for (Measure measure : Measure.values()) {
      if (measure.isOfWorkers()) {
        String[] labels =
            measure.place() == Measure.Place.WORKER
                ? new String[] {job, stage, worker}
                : new String[] {job, stage};
        if (measure.metric().kind() == Metric.Kind.HISTOGRAM) {
          samples.add(measure, cells.histogram(measure), labels);
        } else if (!measure.isMoment() || cells.value(measure) != 0) {
          samples.add(measure, cells.value(measure), labels);
        }
      }
    }
  }

  private static void addTask(
      TaskView task, StageSetup setup, Samples samples, String job, String stage, long wallMs) {
    String number = String.valueOf(task.task());
    for (int i = 0; i < task.lags().size(); i++) {
      String topic = setup.inputs().get(i).topic();
      task.lags()
          .get(i)
          .ifPresent(lag -> samples.add(Measure.INPUT_LAG, lag, job, stage, topic, number));
    }
    long time = task.eventTime();
    if (time != Watermarks.UNKNOWN && time != Watermarks.END_OF_TIME) {
      samples.add(Measure.WATERMARK, time, job, stage, number);
      samples.add(Measure.WATERMARK_LAG, wallMs - time, job, stage, number);
    }
    task.source()
        .filter(source -> source.hasWatermark() && source.state() != SourceView.State.FINISHED)
        .ifPresent(
            source ->
                samples.add(Measure.WATERMARK_AGE, source.watermarkAgeNanos(), job, stage, number));
  }

  private static void addTable(BroadcastRows table, Samples samples, String job) {
    samples.add(Measure.TABLE_ROWS, table.size(), job, table.name());
    samples.add(Measure.TABLE_BYTES, table.bytes(), job, table.name());
    samples.add(Measure.TABLE_LAG, table.lag(), job, table.name());
    samples.add(Measure.TABLE_SKIPPED_RECORDS, table.skippedRecords(), job, table.name());
  }

  // ------------------------------------------------------------------ sources

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
