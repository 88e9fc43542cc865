package dev.millrace.internal.plan;

import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.WindowKind;

/** The bounds in time within which two records of a key meet. */
public sealed interface JoinBounds {

  /** {@return a short description for plans; it changes whenever the meaning of rows does} */
  String describe();

  /**
   * {@return by how much the result of a left record without a match can be older than the
   * watermark that makes it certain that there is none, in milliseconds}
   */
  long leftDelayMs();

  /** {@return the same for a right record} */
  long rightDelayMs();

  /**
   * The right record's time is in {@code [left + lower, left + upper]}. A pair has the later of the
   * two times, what has no match its own.
   *
   * @param lowerMs in milliseconds, may be negative
   * @param upperMs in milliseconds, not below the lower bound
   */
  record Interval(long lowerMs, long upperMs) implements JoinBounds {
    @Override
    public String describe() {
      return "right within [" + lowerMs + " ms, " + upperMs + " ms] of left";
    }

    @Override
    public long leftDelayMs() {
      return Math.max(upperMs, 0);
    }

    @Override
    public long rightDelayMs() {
      return Math.max(Saturating.subtract(0, lowerMs), 0);
    }
  }

  /**
   * Both are in one window; in windows that overlap they meet in each that they share. Results have
   * the last time of their window, as those of all windows, so that none is ever late.
   *
   * @param window made of slices, or sessions, whose pairs are known only when they are final
   */
  record SameWindow(WindowKind window) implements JoinBounds {
    @Override
    public String describe() {
      return "both in " + window.describe();
    }

    @Override
    public long leftDelayMs() {
      return 0;
    }

    @Override
    public long rightDelayMs() {
      return 0;
    }
  }
}
