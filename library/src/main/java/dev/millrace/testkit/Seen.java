package dev.millrace.testkit;

import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.metrics.JobMetrics;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The outside view of all instances, put together. */
final class Seen {

  private Seen() {}

  static JobMetrics metrics(
      List<String> stages, List<SteppedInstance> ended, List<SteppedInstance> instances) {
    return SteppedInstance.metrics(
        stages, Stream.concat(ended.stream(), instances.stream()).toList());
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
