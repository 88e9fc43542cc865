package dev.millrace.admin;

import java.util.List;
import java.util.OptionalLong;

/**
 * The effects of a reset, worked out against the cluster; nothing is done yet.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job the job
 * @param resetEpoch the epoch it has now
 * @param run the run it is in now; together with the epoch it shows whether the job has changed
 *     since
 * @param resumes whether this completes an earlier reset that was interrupted, whose offsets then
 *     hold
 * @param moves the offsets of sources, by stage, topic and partition
 * @param deletedTopics shuffles, changelogs and lists of splits; the next start creates them again
 */
public record ResetPlan(
    String job,
    int resetEpoch,
    String run,
    boolean resumes,
    List<Move> moves,
    List<String> deletedTopics) {

  /** Copies the lists. */
  public ResetPlan {
    moves = List.copyOf(moves);
    deletedTopics = List.copyOf(deletedTopics);
  }

  /**
   * A partition of a source.
   *
   * @param stage the stage that reads it
   * @param topic the topic
   * @param partition the partition
   * @param from the committed offset; empty if there is none
   * @param to the offset to start from
   */
  public record Move(String stage, String topic, int partition, OptionalLong from, long to) {}
}
