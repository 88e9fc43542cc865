package dev.millrace.runner.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.runner.StageStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class JobHealthTest {

  private static JobStatus.Task task(int number, String instance, JobStatus.Task.State state) {
    return new JobStatus.Task(number, instance, state, Optional.empty());
  }

  /** A job of one task, which nobody has reported to run. */
  private static JobStatus unreported(boolean stopped) {
    return status(
        stopped,
        List.of(),
        List.of(task(0, "", JobStatus.Task.State.UNASSIGNED)),
        JobStatus.Worker.Phase.RUNNING);
  }

  private static JobStatus status(
      boolean stopped,
      List<JobStatus.Instance> instances,
      List<JobStatus.Task> tasks,
      JobStatus.Worker.Phase phase) {
    JobStatus.Stage stage =
        StageStatus.of("letters", "lines")
            .members(0)
            .tasks(tasks)
            .workers(new JobStatus.Worker("a1", 0, phase, Instant.EPOCH))
            .build();
    return new JobStatus(
        "letters",
        JobPhase.READY,
        0,
        false,
        false,
        false,
        List.of(),
        stopped,
        instances,
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

  private static JobStatus.Instance alive() {
    return new JobStatus.Instance(
        "a1",
        "host",
        1,
        InstanceState.RUNNING,
        "",
        0,
        "",
        Instant.EPOCH,
        true,
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  @Test
  void theTasksThatDoNotRunAreNamedIfTheyAreFew() {
    List<JobStatus.Task> tasks =
        List.of(
            task(0, "", JobStatus.Task.State.UNASSIGNED),
            task(1, "a1", JobStatus.Task.State.ACTIVE),
            task(2, "a1", JobStatus.Task.State.RESTORING),
            task(3, "", JobStatus.Task.State.UNASSIGNED),
            task(4, "", JobStatus.Task.State.UNASSIGNED));
    List<JobStatus.Instance> instances = List.of(alive());
    JobStatus.Worker.Phase phase = JobStatus.Worker.Phase.RUNNING;
    assertThat(JobHealth.inWords(status(false, instances, tasks.subList(0, 2), phase)))
        .isEqualTo("1 task does not run: lines-0 (nobody has it)");
    assertThat(JobHealth.inWords(status(false, instances, tasks, phase)))
        .isEqualTo(
            "4 tasks do not run: lines-0 (nobody has it), lines-2 (RESTORING on a1), lines-3"
                + " (nobody has it) and 1 more");
  }

  @Test
  void aSinkThatKeepsFailingIsNamedAsTheReason() {
    List<JobStatus.Task> tasks = List.of(task(0, "a1", JobStatus.Task.State.RESTORING));
    assertThat(
            JobHealth.inWords(
                status(false, List.of(alive()), tasks, JobStatus.Worker.Phase.SUSPENDED)))
        .isEqualTo(
            "1 task does not run: lines-0 (RESTORING on a1); suspended, as the system behind a sink"
                + " keeps failing: lines");
  }

  @Test
  void whatIsStoppedByOrderIsStopped() {
    JobStatus status = unreported(true);
    assertThat(JobHealth.word(status, InstanceState.RUNNING)).isEqualTo(JobHealth.Word.STOPPED);
    assertThat(JobHealth.inWords(status, InstanceState.RUNNING)).isEqualTo("stopped by order");
  }
}
