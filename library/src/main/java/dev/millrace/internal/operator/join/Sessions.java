package dev.millrace.internal.operator.join;

import dev.millrace.internal.plan.CoGroupHead;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.util.Saturating;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of a key: windows that last as long as its records, of either side, are never further
 * apart than a gap.
 *
 * <p>Nothing is kept of them but the records. How far a session goes is found out when it is due,
 * by a walk along the times of both sides; if it has grown since, it is due later. What a key's
 * head has of its first session, {@code dueMs}, is a gap after a time that the walk has come to, so
 * that the next one goes on from there and a record is passed once. A record that is added later
 * never takes any of it back: sessions only grow.
 *
 * <p>A session closes when time is <em>past</em> its end, since one that touches it is part of it.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class Sessions implements GroupWindows {

  private final long gapMs;
  private final Buffer left;
  private final Buffer right;

  /**
   * Creates sessions.
   *
   * @param gapMs at least 1
   */
  Sessions(long gapMs, Buffer left, Buffer right) {
    this.gapMs = gapMs;
    this.left = left;
    this.right = right;
  }

  /**
   * A record is late if the session that it would be in has ended. An old one may be in a session
   * that is open, which is all that the rows are looked at for.
   */
  @Override
  public Fit fit(JoinPlace place, CoGroupHead head, long timeMs, long firedUpTo) {
    if (endMs(timeMs) > firedUpTo) {
      return Fit.ALL;
    }
    if (head.isNone() || endMs(timeMs) < head.firstMs()) {
      return Fit.NONE;
    }
    long fromMs = Math.max(timeMs, knownMs(head));
    return endMs(walk(place, head, fromMs, firedUpTo)) > firedUpTo ? Fit.ALL : Fit.NONE;
  }

  @Override
  public long dueMs(CoGroupHead head, long timeMs, long firedUpTo) {
    // A session of its own before the others; else the first one stays what it is, or grows.
    boolean isFirst = head.isNone() || endMs(timeMs) < head.firstMs();
    return isFirst ? changesUntilMs(timeMs) : head.dueMs();
  }

  @Override
  public long throughMs(JoinPlace place, CoGroupHead head) {
    return walk(place, head, knownMs(head), Long.MAX_VALUE);
  }

  /** A time up to which the records of the first session are known to be of one. */
  private long knownMs(CoGroupHead head) {
    return Math.max(head.firstMs(), Saturating.subtract(head.dueMs(), gapMs));
  }

  /**
   * {@return the time of the last record of the session that has a time; if it ends after another
   * time, that of any that shows it}
   */
  private long walk(JoinPlace place, CoGroupHead head, long fromMs, long enoughMs) {
    try (Times lefts = new Times(left, place, head.firsts().left(), fromMs);
        Times rights = new Times(right, place, head.firsts().right(), fromMs)) {
      long lastMs = fromMs;
      long beforeMs;
      do {
        beforeMs = lastMs;
        lastMs = lefts.pass(lastMs, enoughMs);
        lastMs = rights.pass(lastMs, enoughMs);
      } while (lastMs > beforeMs && endMs(lastMs) <= enoughMs);
      return lastMs;
    }
  }

  @Override
  public long changesUntilMs(long throughMs) {
    return Math.min(endMs(throughMs), Reach.LAST_MS);
  }

  @Override
  public long startMs(CoGroupHead head, long throughMs) {
    return head.firstMs();
  }

  @Override
  public long endMs(long throughMs) {
    return Saturating.add(throughMs, gapMs);
  }

  @Override
  public long doneMs(long throughMs) {
    return throughMs;
  }

  @Override
  public long nextDueMs(long firstMs, long throughMs) {
    return changesUntilMs(firstMs);
  }

  /** The times of the records of one side, in order; a single one is known without a scan. */
  private final class Times implements AutoCloseable {

    private final @Nullable RowScan<Object> scan;

    /** The next one, or that of {@link JoinFirst#NONE}. */
    private long nextMs;

    Times(Buffer side, JoinPlace place, JoinFirst first, long fromMs) {
      if (first.isNone() || first.isOnly()) {
        scan = null;
        nextMs = first.timeMs();
      } else {
        scan = side.scan(place, fromMs, Reach.LAST_MS);
        nextMs = next();
      }
    }

    private long next() {
      return scan != null && scan.next() ? Buffer.timeOf(scan.row()) : JoinFirst.NONE.timeMs();
    }

    /** Passes all records that are in the session; returns the time of the last one by now. */
    long pass(long lastMs, long enoughMs) {
      long reachedMs = lastMs;
      while (nextMs <= endMs(reachedMs)
          && nextMs != JoinFirst.NONE.timeMs()
          && endMs(reachedMs) <= enoughMs) {
        reachedMs = Math.max(reachedMs, nextMs);
        nextMs = next();
      }
      return reachedMs;
    }

    @Override
    public void close() {
      if (scan != null) {
        scan.close();
      }
    }
  }
}
