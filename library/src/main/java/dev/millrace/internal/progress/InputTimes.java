package dev.millrace.internal.progress;

import dev.millrace.internal.time.WatermarkCombiner;
import dev.millrace.internal.time.Watermarks;
import java.util.Arrays;

/**
 * The watermarks of a task's inputs, each by itself, in one domain of time.
 *
 * <p>A task has one time, the combination of all its channels. An operator of several inputs may
 * know more of one of them: it is as far as those of its channels that the task waits for, and at
 * its end if all of them have finished. An input of which no channel is waited for, since it is
 * idle, goes with the task.
 *
 * <p>I1: no input is before the task. I2: none goes back, over restarts either, since records
 * before it count as late. So what an input had come to is remembered: a channel that is waited for
 * again may be before it.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class InputTimes {

  private final long[] reached;

  /** Whether channels have moved since the times were worked out. */
  private boolean stale;

  InputTimes(int inputs) {
    reached = new long[inputs];
    Arrays.fill(reached, Watermarks.UNKNOWN);
  }

  /** Takes over what an input had come to. */
  void restore(int input, long watermarkMs) {
    reached[input] = Math.max(reached[input], watermarkMs);
    stale = true;
  }

  /** Notes that channels may have moved. */
  void moved() {
    stale = true;
  }

  /**
   * {@return the watermark of an input}
   *
   * @param channels how many channels each input has
   */
  long of(int input, WatermarkCombiner task, int[] channels) {
    if (stale) {
      stale = false;
      int first = 0;
      for (int i = 0; i < reached.length; i++) {
        reached[i] = Math.max(reached[i], task.watermark(first, channels[i]));
        first += channels[i];
      }
    }
    return reached[input];
  }
}
