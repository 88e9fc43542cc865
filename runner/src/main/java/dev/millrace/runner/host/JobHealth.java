package dev.millrace.runner.host;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import java.util.ArrayList;
import java.util.List;

/** The health of a job: its condition in one word, and the reason in a sentence. */
public final class JobHealth {

  /** The condition of a job, as one word. */
  public enum Word {
    /** All of a bounded input is processed. */
    FINISHED,
    /** A reset or deletion is not complete. */
    RESETTING,
    /** Not started since its reset. */
    RESET,
    /** No instance is alive, or the job is stopped by order. */
    STOPPED,
    /** Every task runs. */
    RUNNING,
    /** The instances that are alive all join their groups and restore state. */
    STARTING,
    /** Instances are at work, and some tasks do not run. */
    INCOMPLETE
  }

  /** Who is woken wants to know which task to look at, and not all of a hundred. */
  private static final int MOST_NAMED = 3;

  private JobHealth() {}

  /** {@return what becomes of the job} */
  public static Word word(JobStatus status) {
    if (status.finished()) {
      return Word.FINISHED;
    }
    if (status.phase() != JobPhase.READY) {
      return status.phase() == JobPhase.RESETTING ? Word.RESETTING : Word.RESET;
    }
    if (status.stopped() || status.aliveInstances().isEmpty()) {
      return Word.STOPPED;
    }
    if (status.isHealthy()) {
      return Word.RUNNING;
    }
    boolean allStart =
        status.aliveInstances().stream()
            .allMatch(instance -> instance.state() == InstanceState.STARTING);
    return allStart ? Word.STARTING : Word.INCOMPLETE;
  }

  /**
   * {@return the condition of the job, as one of its instances sees it}
   *
   * @param own the state of that instance, which it knows without its reports
   */
  public static Word word(JobStatus status, InstanceState own) {
    return isSilent(status, own) ? Word.INCOMPLETE : word(status);
  }

  /**
   * {@return why the job is not healthy, or that it is, as one of its instances sees it}
   *
   * @param own the state of that instance, which it knows without its reports
   */
  public static String inWords(JobStatus status, InstanceState own) {
    return isSilent(status, own)
        ? "no copy has reported lately, although this one is at work: Kafka was away until now, or"
            + " takes no reports"
        : inWords(status);
  }

  private static boolean isSilent(JobStatus status, InstanceState own) {
    boolean isAtWork = own == InstanceState.STARTING || own == InstanceState.RUNNING;
    return isAtWork && !status.stopped() && word(status) == Word.STOPPED;
  }

  /** {@return why the job is not healthy, or that it is} */
  public static String inWords(JobStatus status) {
    if (status.isHealthy()) {
      return "healthy";
    }
    if (status.phase() == JobPhase.RESETTING) {
      return "a reset or deletion of it is not complete";
    }
    if (status.phase() == JobPhase.RESET) {
      return "not started since its reset";
    }
    if (status.stopped()) {
      return "stopped by order";
    }
    if (status.aliveInstances().isEmpty()) {
      return "no copy runs";
    }
    return waiting(status) + suspended(status);
  }

  /** Which tasks do not run, a few of them by their names. */
  private static String waiting(JobStatus status) {
    List<String> names = new ArrayList<>();
    for (JobStatus.Stage stage : status.stages()) {
      for (JobStatus.Task task : stage.tasks()) {
        if (!task.isRunning()) {
          names.add(
              stage.name()
                  + "-"
                  + task.number()
                  + (task.instance().isEmpty()
                      ? " (nobody has it)"
                      : " (" + task.state() + " on " + task.instance() + ")"));
        }
      }
    }
    int more = names.size() - MOST_NAMED;
    return names.size()
        + (names.size() == 1 ? " task does" : " tasks do")
        + " not run: "
        + String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMED)))
        + (more > 0 ? " and " + more + " more" : "");
  }

  private static String suspended(JobStatus status) {
    List<String> stages =
        status.stages().stream()
            .filter(
                stage ->
                    stage.workers().stream()
                        .anyMatch(worker -> worker.phase() == JobStatus.Worker.Phase.SUSPENDED))
            .map(JobStatus.Stage::name)
            .toList();
    return stages.isEmpty()
        ? ""
        : "; suspended, as the system behind a sink keeps failing: " + String.join(", ", stages);
  }
}
