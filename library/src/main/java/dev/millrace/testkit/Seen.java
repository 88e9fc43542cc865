package dev.millrace.testkit;

import dev.millrace.internal.launch.PublicMetrics;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.StageCounters;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The outside view of all instances, put together. */
final class Seen {

  private Seen() {}

  static JobMetrics metrics(
      List<String> stages, List<SteppedInstance> ended, List<SteppedInstance> instances) {
    Map<String, StageCounters> sums = new TreeMap<>();
    stages.forEach(stage -> sums.put(stage, StageCounters.NONE));
    Stream.concat(ended.stream(), instances.stream())
        .forEach(
            instance ->
                instance
                    .metrics()
                    .forEach(
                        (stage, counters) -> sums.merge(stage, counters, StageCounters::plus)));
    Map<String, List<TaskView>> sources = new TreeMap<>();
    for (SteppedInstance instance : instances) {
      instance
          .sources()
          .forEach(
              (stage, tasks) ->
                  sources.merge(
                      stage,
                      tasks,
                      (left, right) ->
                          Stream.concat(left.stream(), right.stream())
                              .sorted(Comparator.comparingInt(TaskView::task))
                              .toList()));
    }
    return PublicMetrics.of(sums, sources);
  }

  static Optional<Instant> watermark(List<SteppedInstance> instances, String stage, int number) {
    return instant(
        tasks(instances, stage)
            .filter(task -> task.task() == number)
            .mapToLong(TaskView::eventTime)
            .findFirst());
  }

  static Optional<Instant> watermark(List<SteppedInstance> instances, String stage) {
    return instant(tasks(instances, stage).mapToLong(TaskView::eventTime).min());
  }

  private static Stream<TaskView> tasks(List<SteppedInstance> instances, String stage) {
    return instances.stream()
        .flatMap(instance -> instance.workersByStage().getOrDefault(stage, List.of()).stream())
        .flatMap(worker -> worker.view().tasks().stream());
  }

  private static Optional<Instant> instant(OptionalLong time) {
    if (time.isEmpty() || time.getAsLong() == Long.MIN_VALUE) {
      return Optional.empty();
    }
    return Optional.of(
        time.getAsLong() == Long.MAX_VALUE ? Instant.MAX : Instant.ofEpochMilli(time.getAsLong()));
  }
}
