package dev.millrace.admin;

import java.util.List;

/**
 * The groups and topics that are deleted with a job.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job the job
 * @param run the run that the plan is for; a start or reset in between makes the plan void
 * @param topics all topics of the job's own, in the order in which they are deleted; sources, sinks
 *     and dead letters stay
 * @param groups the consumer groups of its stages
 */
public record DeletionPlan(String job, String run, List<String> topics, List<String> groups) {

  /** Copies the lists. */
  public DeletionPlan {
    topics = List.copyOf(topics);
    groups = List.copyOf(groups);
  }
}
