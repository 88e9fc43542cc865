package dev.millrace.internal.operator.join;

import dev.millrace.internal.util.Saturating;

/**
 * The reach in time of the records of one side of a join: which records of the other side they
 * meet, and until when.
 *
 * <p><b>Threads.</b> Immutable.
 */
interface Reach {

  /** The latest time at which anything can be due, so that the end of time is after it. */
  long LAST_MS = Long.MAX_VALUE - 1;

  /** {@return the earliest time of records on the other side that a record meets} */
  long fromMs(long timeMs);

  /** {@return the latest time of records on the other side that a record meets} */
  long toMs(long timeMs);

  /**
   * {@return the last time at which a record can still meet one that is not late: it goes when the
   * watermark is past that; never decreasing with the record's time}
   */
  long dueMs(JoinPlace place, long timeMs);

  /**
   * {@return the time at which a record is to be gone that is not emitted by itself: as late as
   * those of the other side may wait, so that a key is not woken for each of its records}
   */
  long goneMs(JoinPlace place, long timeMs);

  /** {@return the time of the result of a pair; of a record without a match if both are its} */
  long resultMs(JoinPlace place, long timeMs, long otherMs);

  /**
   * {@return the reach of a record on one side that meets records with times in {@code [time +
   * lower, time + upper]} on the other}
   */
  static Reach interval(long lowerMs, long upperMs) {
    return new Interval(lowerMs, upperMs);
  }

  /** {@return the reach of records that meet all others at their place, which is a window} */
  static Reach window() {
    return new WholeWindow();
  }

  /** A stretch of time before or after a record, or around it. */
  record Interval(long lowerMs, long upperMs) implements Reach {
    @Override
    public long fromMs(long timeMs) {
      return Saturating.add(timeMs, lowerMs);
    }

    @Override
    public long toMs(long timeMs) {
      return Saturating.add(timeMs, upperMs);
    }

    @Override
    public long dueMs(JoinPlace place, long timeMs) {
      return Math.min(Saturating.add(timeMs, Math.max(upperMs, 0)), LAST_MS);
    }

    @Override
    public long goneMs(JoinPlace place, long timeMs) {
      long longest = Math.max(upperMs, Saturating.subtract(0, lowerMs));
      return Math.min(Saturating.add(timeMs, Math.max(longest, 0)), LAST_MS);
    }

    @Override
    public long resultMs(JoinPlace place, long timeMs, long otherMs) {
      return Math.max(timeMs, otherMs);
    }

    /**
     * {@return whether a record may have missed some that it meets: those of the other side are
     * there until the watermark is past them, or later}
     */
    boolean isLate(long timeMs, long watermarkMs) {
      return Saturating.add(timeMs, Math.max(lowerMs, 0)) < watermarkMs;
    }
  }

  /** All of a window. */
  record WholeWindow() implements Reach {
    @Override
    public long fromMs(long timeMs) {
      return Long.MIN_VALUE;
    }

    @Override
    public long toMs(long timeMs) {
      return LAST_MS;
    }

    @Override
    public long dueMs(JoinPlace place, long timeMs) {
      return lastMs(place);
    }

    @Override
    public long goneMs(JoinPlace place, long timeMs) {
      return lastMs(place);
    }

    @Override
    public long resultMs(JoinPlace place, long timeMs, long otherMs) {
      return lastMs(place);
    }

    private static long lastMs(JoinPlace place) {
      return Math.min(Saturating.subtract(place.windowEndMs(), 1), LAST_MS);
    }
  }
}
