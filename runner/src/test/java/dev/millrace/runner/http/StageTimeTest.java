package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.JobStatus;
import dev.millrace.runner.StageStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The event time of a stage. */
final class StageTimeTest {

  private static final Instant ONE = Instant.ofEpochSecond(1);
  private static final Instant TWO = Instant.ofEpochSecond(2);

  @SafeVarargs
  private static JobStatus.Stage stage(Optional<Instant>... watermarks) {
    List<JobStatus.Task> tasks = new ArrayList<>();
    for (Optional<Instant> watermark : watermarks) {
      tasks.add(new JobStatus.Task(tasks.size(), "a1", JobStatus.Task.State.ACTIVE, watermark));
    }
    return StageStatus.of("letters", "lines").tasks(tasks).build();
  }

  @Test
  void itIsThatOfTheSlowestTask() {
    assertThat(StageTime.of(stage(Optional.of(TWO), Optional.of(ONE)))).contains(ONE);
    assertThat(StageTime.of(stage(Optional.of(Instant.MAX), Optional.of(TWO)))).contains(TWO);
    assertThat(StageTime.of(stage(Optional.of(Instant.MAX)))).contains(Instant.MAX);
  }

  /** No window closes before that one has come as far, whatever the others have. */
  @Test
  void aTaskThatHasNoneIsTheSlowest() {
    assertThat(StageTime.of(stage(Optional.of(TWO), Optional.empty()))).isEmpty();
    assertThat(StageTime.of(stage())).isEmpty();
  }
}
