package dev.millrace.internal.launch;

import dev.millrace.config.JobConfig;
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
 * sources of these must go on, and what comes after the look-up is not due to them. In a job that
 * runs to the end of its input a source may have to go on although it feeds such a stream as well;
 * what is unread of that is bounded by the input then.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class Backlog {

  /** The shuffle with the most unread frames among those that lead on from a source. */
  record Unread(String reader, String topic, long frames) {

    /** Nothing is unread. */
    static final Unread NONE = new Unread("", "", 0);

    private Unread orMore(Unread other) {
      return other.frames > frames ? other : this;
    }
  }

  /** A source that waits goes on at half of what it waits at. */
  private static final int UNCOMMITTED_SHARE = 4;

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

  /** {@return how many frames of a partition may be unread before a source waits; 0 for any} */
  static long mostFrames(JobConfig config) {
    long records = config.backpressureMaxLagRecords();
    long byBytes = config.backpressureMaxLagBytes() / Math.max(1, config.shuffleFrameBytes());
    return records > 0 ? (byBytes > 0 ? Math.min(records, byBytes) : records) : byBytes;
  }

  /**
   * {@return how many frames of a partition a worker may have read and not committed, with nothing
   * to show for them: they are unread to others, who must not hold a source back for that}
   */
  static long mostUncommittedFrames(JobConfig config) {
    long most = mostFrames(config);
    return most == 0 ? Long.MAX_VALUE : most / UNCOMMITTED_SHARE;
  }

  /**
   * {@return the largest number of unread frames in a partition after a source, and where it is}
   *
   * @param unread the number in a partition, by the topic of a shuffle
   */
  Unread of(StagePlan source, Map<String, Long> unread) {
    return after(source, source, unread);
  }

  private Unread after(StagePlan source, StagePlan stage, Map<String, Long> unread) {
    Unread largest = Unread.NONE;
    for (ShuffleEdge edge : stage.outputs()) {
      if (!untilEnd || !standingRows.mayAwait(source, edge)) {
        long frames = unread.getOrDefault(edge.topic(), 0L);
        largest = largest.orMore(new Unread(edge.to(), edge.topic(), frames));
      }
      StagePlan reader = plan.stage(edge.to());
      if (bringsResults(reader, edge)) {
        largest = largest.orMore(after(source, reader, unread));
      }
    }
    return largest;
  }

  /** Whether a stage emits anything because of what comes by an edge: rows are only looked up. */
  private static boolean bringsResults(StagePlan reader, ShuffleEdge edge) {
    return reader.inputs().stream()
        .anyMatch(input -> input.topic().equals(edge.topic()) && reader.goesByTimeOf(input));
  }
}
