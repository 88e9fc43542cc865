package dev.millrace.internal.operator.join;

import dev.millrace.internal.plan.CoGroupHead;
import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.Slicing;

/**
 * Windows that do not depend on the records.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class FixedWindows implements GroupWindows {

  private final Slicing slicing;

  FixedWindows(Slicing slicing) {
    this.slicing = slicing;
  }

  @Override
  public Fit fit(JoinPlace place, CoGroupHead head, long timeMs, long firedUpTo) {
    long slice = slicing.sliceEnd(timeMs);
    if (slice == Slicing.GAP) {
      return Fit.GAP;
    }
    if (slicing.lastWindowEnd(slice) <= firedUpTo) {
      return Fit.NONE;
    }
    return slicing.firstWindowEnd(slice) <= firedUpTo ? Fit.SOME : Fit.ALL;
  }

  @Override
  public long dueMs(CoGroupHead head, long timeMs, long firedUpTo) {
    return Math.min(head.dueMs(), last(endAfter(firedUpTo, timeMs)));
  }

  /** The end of the first window of a record that ends after a time. */
  private long endAfter(long afterMs, long timeMs) {
    long first = slicing.firstWindowEnd(slicing.sliceEnd(timeMs));
    return first > afterMs ? first : slicing.nextWindowEnd(afterMs);
  }

  private static long last(long endMs) {
    return Math.min(endMs - 1, Reach.LAST_MS);
  }

  @Override
  public long throughMs(JoinPlace place, CoGroupHead head) {
    return head.dueMs();
  }

  @Override
  public long changesUntilMs(long throughMs) {
    return throughMs;
  }

  @Override
  public long startMs(CoGroupHead head, long throughMs) {
    return slicing.windowStart(endMs(throughMs));
  }

  @Override
  public long endMs(long throughMs) {
    return throughMs + 1;
  }

  @Override
  public long doneMs(long throughMs) {
    long end = endMs(throughMs);
    if (end == Long.MAX_VALUE) {
      return Reach.LAST_MS;
    }
    return Saturating.subtract(slicing.windowStart(slicing.nextWindowEnd(end)), 1);
  }

  @Override
  public long nextDueMs(long firstMs, long throughMs) {
    return last(endAfter(endMs(throughMs), firstMs));
  }
}
