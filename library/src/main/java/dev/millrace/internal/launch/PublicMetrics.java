package dev.millrace.internal.launch;

import dev.millrace.internal.broadcast.BroadcastRows;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.stage.ClientMeasure;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.OperatorFlows;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StoreFigures;
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
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;

/** The metrics of instances, as users see them. */
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
                              .add(partition(task, lag(instance, stage, task)))));
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
    PausedEnds ends = instance.pausedEnds();
    instance
        .workers()
        .forEach(
            (stage, workers) -> {
              StageSetup setup = instance.setup(stage);
              for (int i = 0; i < workers.size(); i++) {
                Worker worker = workers.get(i);
                addCells(worker.cells(), samples, job, stage, String.valueOf(i));
                addFlows(worker.cells(), setup.stage(), samples, job);
                addClients(worker, samples, job, stage, String.valueOf(i));
                worker
                    .view()
                    .tasks()
                    .forEach(task -> addTask(task, setup, ends, samples, job, stage, wallMs));
              }
              addRows(workers, setup.stage(), samples, job);
            });
    instance.tables().tables().forEach(table -> addTable(table, samples, job));
    instance
        .stateMemory()
        .ifPresent(
            memory -> {
              samples.add(Measure.STATE_CACHE_BYTES, memory.usedBytes(), job);
              samples.add(Measure.STATE_CACHE_LIMIT_BYTES, memory.limitBytes(), job);
            });
    instance
        .stateSpace()
        .ifPresent(
            space -> {
              samples.add(Measure.STATE_DIRECTORY_FREE_BYTES, space.freeBytes(), job);
              samples.add(Measure.STATE_DIRECTORY_SIZE_BYTES, space.sizeBytes(), job);
            });
  }

  private static void addCells(
      StageMetrics cells, Samples samples, String job, String stage, String worker) {
    for (Measure measure : Measure.values()) {
      if (measure.isOfWorkers()) {
        String[] labels =
            measure.subject() == Measure.Subject.WORKER
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

  private static void addFlows(StageMetrics cells, StagePlan stage, Samples samples, String job) {
    for (OperatorFlows.Flow flow : cells.flows().read(stage)) {
      String[] labels = {job, stage.name(), flow.operator()};
      samples.add(Measure.OPERATOR_RECORDS_IN, flow.in(), labels);
      if (flow.emits()) {
        samples.add(Measure.OPERATOR_RECORDS_OUT, flow.out(), labels);
      }
    }
  }

  private static void addRows(List<Worker> workers, StagePlan stage, Samples samples, String job) {
    for (Step step : stage.steps()) {
      for (StoreSpec store : step.operator().stores()) {
        String name = step.storeName(store);
        sum(workers, figures -> figures.bytes(name))
            .ifPresent(size -> samples.add(Measure.STORE_BYTES, size, job, stage.name(), name));
        sum(workers, figures -> figures.rows(name))
            .ifPresent(
                size -> {
                  samples.add(Measure.STORE_ROWS, size, job, stage.name(), name);
                  measure(store.content())
                      .ifPresent(
                          measure -> samples.add(measure, size, job, stage.name(), step.name()));
                });
      }
    }
  }

  private static Optional<Measure> measure(StoreSpec.Content content) {
    return switch (content) {
      case WINDOWS -> Optional.of(Measure.OPEN_WINDOWS);
      case TIMERS -> Optional.of(Measure.TIMERS);
      case WAITING_BLOCKS -> Optional.of(Measure.PATTERN_WAITING_BLOCKS);
      case PARTIAL_MATCH_KEYS -> Optional.of(Measure.PARTIAL_MATCH_KEYS);
      case OTHER -> Optional.empty();
    };
  }

  /** {@return a figure of a store over all workers; empty while one of them does not know it} */
  private static OptionalLong sum(
      List<Worker> workers, Function<StoreFigures, OptionalLong> figure) {
    long sum = 0;
    for (Worker worker : workers) {
      OptionalLong part = figure.apply(worker.cells().stores());
      if (part.isEmpty()) {
        return part;
      }
      sum += part.getAsLong();
    }
    return OptionalLong.of(sum);
  }

  private static void addClients(
      Worker worker, Samples samples, String job, String stage, String number) {
    for (ClientMeasure measure : ClientMeasure.values()) {
      measure
          .value(worker.clientMetrics(measure.client()), worker.transactionalId())
          .ifPresent(value -> samples.add(measure, value, job, stage, number));
    }
  }

  private static void addTask(
      TaskView task,
      StageSetup setup,
      PausedEnds ends,
      Samples samples,
      String job,
      String stage,
      long wallMs) {
    String number = String.valueOf(task.task());
    for (int i = 0; i < task.lags().size(); i++) {
      String topic = setup.inputs().get(i).topic();
      ends.lag(task, i, topic)
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

  private static OptionalLong lag(Instance instance, String stage, TaskView task) {
    String topic = instance.setup(stage).inputs().get(0).topic();
    return instance.pausedEnds().lag(task, 0, topic);
  }

  private static SourcePartition partition(TaskView task, OptionalLong lag) {
    SourceView source = task.source().orElseThrow();
    return new SourcePartition(
        task.task(),
        SourcePartition.State.valueOf(source.state().name()),
        watermark(source),
        Duration.ofNanos(source.watermarkAgeNanos()),
        lag);
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
