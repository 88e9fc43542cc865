package dev.millrace.admin;

import java.util.List;

/**
 * A job that exists in a cluster, in one line.
 *
 * @param job its name
 * @param phase whether it may run
 * @param resetEpoch how often it was reset
 * @param stages the names of its stages
 * @param instances how many instances are alive
 * @param finished whether it ran up to the end of bounded input and is done
 */
public record JobSummary(
    String job,
    JobPhase phase,
    int resetEpoch,
    List<String> stages,
    int instances,
    boolean finished) {

  /** Copies the list. */
  public JobSummary {
    stages = List.copyOf(stages);
  }
}
