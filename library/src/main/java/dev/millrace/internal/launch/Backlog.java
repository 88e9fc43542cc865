package dev.millrace.internal.launch;

import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.StandingRows;
import java.util.Map;

/**
 * The backlog of a source: how much is unread of what it has sent, directly or through other
 * stages. If it is too large, the source has to wait.
 *
 * <p>Each edge counts by itself: while a stream waits for the tables that it is looked up in, the
 * sources of these must go on. In a job that runs to the end of its input a source may have to,
 * although it feeds such a stream as well; what is unread of that is bounded by the input then.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class Backlog {

  private final PhysicalPlan plan;
  private final StandingRows standingRows;
  private final boolean untilEnd;

  /**
   * Creates the backlog of a job's sources.
   *
   * @param untilEnd whether it runs to the end of its input
   */
  Backlog(PhysicalPlan plan, boolean untilEnd) {
    this.plan = plan;
    this.standingRows = StandingRows.of(plan);
    this.untilEnd = untilEnd;
  }

  /**
   * {@return the largest number of unread frames in a partition after a source}
   *
   * @param unread the number in a partition, by the topic of a shuffle
   */
  long of(StagePlan source, Map<String, Long> unread) {
    return after(source, source, unread);
  }

  private long after(StagePlan source, StagePlan stage, Map<String, Long> unread) {
    long largest = 0;
    for (ShuffleEdge edge : stage.outputs()) {
      if (!untilEnd || !standingRows.mayAwait(source, edge)) {
        largest = Math.max(largest, unread.getOrDefault(edge.topic(), 0L));
      }
      largest = Math.max(largest, after(source, plan.stage(edge.to()), unread));
    }
    return largest;
  }
}
