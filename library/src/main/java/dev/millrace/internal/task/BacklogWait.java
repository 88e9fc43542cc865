package dev.millrace.internal.task;

import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.time.SourceAlignment.Waiting;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.Saturating;

/**
 * The waiting of a task for other partitions of its source that have a backlog as well and have not
 * come as far in event time.
 *
 * <p>Readers of stored records run apart, by many windows where a second of reading has many. Those
 * between the slowest and the fastest stay open at each commit of the stage after them, and each of
 * their keys becomes a row, to be read again when the window fires. So the fastest stops for the
 * few milliseconds that the others need.
 *
 * <p>It is for nothing but speed. So a partition that is very far ahead, which has records of
 * another time, is read on beside the others, and so is one whose others do not move.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class BacklogWait {

  /**
   * In how many of the stretches that a task reads between two looks others would come up with it,
   * at most: about a second's, so that a commit that takes long sets nobody apart for good.
   */
  static final int MOST_STRETCHES = 100;

  /** About a second, as a worker polls meanwhile. */
  static final int MOST_LOOKS = 1_000;

  private Waiting decision = Waiting.NO;
  private boolean isNear;
  private long slowestMs = Watermarks.UNKNOWN;

  /** How often in a row the others had not moved. */
  private int looksInVain;

  private long lookedMs = Watermarks.UNKNOWN;

  /** How far the task came in event time between the last two looks between which it read. */
  private long readMs;

  /** {@return whether the task is to process nothing} */
  public boolean isOn() {
    return decision == Waiting.YES && isNear && looksInVain < MOST_LOOKS;
  }

  /**
   * Decides whether the task waits until the next look.
   *
   * @param backlog has what all partitions have come to
   * @param watermark the event time that the task has come to
   */
  public void look(SourceAlignment backlog, int partition, long watermark) {
    if (watermark > lookedMs) {
      readMs = lookedMs == Watermarks.UNKNOWN ? 0 : Saturating.subtract(watermark, lookedMs);
      lookedMs = watermark;
    }
    // Readers are not closer to each other than what each reads at a time.
    decision = backlog.decide(partition, decision, readMs);
    if (decision == Waiting.NO) {
      looksInVain = 0;
      return;
    }
    long slowest = backlog.slowest();
    looksInVain = slowest == slowestMs ? looksInVain + 1 : 0;
    slowestMs = slowest;
    long stretchMs = Math.max(backlog.maxDriftMs(), readMs);
    isNear = Saturating.subtract(watermark, slowest) / MOST_STRETCHES <= stretchMs;
  }
}
