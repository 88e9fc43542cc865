package dev.millrace.runner.http;

import dev.millrace.admin.JobStatus;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/** The event time of a stage, as all pages have it. */
final class StageTime {

  private StageTime() {}

  /**
   * {@return that of the slowest task, {@link Instant#MAX} at the end of all input; empty while a
   * task has none, which counts as slower than all that have one}
   */
  static Optional<Instant> of(JobStatus.Stage stage) {
    boolean areKnown = stage.tasks().stream().allMatch(task -> task.watermark().isPresent());
    return areKnown
        ? stage.tasks().stream()
            .flatMap(task -> task.watermark().stream())
            .min(Comparator.naturalOrder())
        : Optional.empty();
  }
}
