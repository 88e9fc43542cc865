package dev.millrace.runner.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.metrics.StageCounters;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class JobHealthTest {

  /** A job of one task, which nobody has reported to run. */
  private static JobStatus unreported(boolean stopped) {
    JobStatus.Task task =
        new JobStatus.Task(0, "", JobStatus.Task.State.UNASSIGNED, Optional.empty());
    JobStatus.Stage stage =
        new JobStatus.Stage(
            "lines",
            "letters.lines",
            true,
            0,
            List.of(task),
            List.of(),
            StageCounters.NONE,
            List.of(),
            List.of(),
            Optional.empty(),
            List.of());
    return new JobStatus(
        "letters",
        JobPhase.READY,
        0,
        false,
        false,
        false,
        List.of(),
        stopped,
        List.of(),
        List.of(stage));
  }

  @Test
  void anInstanceAtWorkDoesNotSayThatNobodyRunsTheJob() {
    JobStatus status = unreported(false);
    assertThat(JobHealth.word(status)).isEqualTo(JobHealth.Word.STOPPED);
    assertThat(JobHealth.inWords(status)).isEqualTo("no copy runs");
    for (InstanceState own : List.of(InstanceState.STARTING, InstanceState.RUNNING)) {
      assertThat(JobHealth.word(status, own)).isEqualTo(JobHealth.Word.INCOMPLETE);
      assertThat(JobHealth.inWords(status, own)).startsWith("no copy has reported lately");
    }
    assertThat(JobHealth.word(status, InstanceState.STOPPING)).isEqualTo(JobHealth.Word.STOPPED);
    assertThat(JobHealth.inWords(status, InstanceState.FAILED)).isEqualTo("no copy runs");
  }

  @Test
  void whatIsStoppedByOrderIsStopped() {
    JobStatus status = unreported(true);
    assertThat(JobHealth.word(status, InstanceState.RUNNING)).isEqualTo(JobHealth.Word.STOPPED);
    assertThat(JobHealth.inWords(status, InstanceState.RUNNING)).isEqualTo("stopped by order");
  }
}
