package dev.millrace.window;

import dev.millrace.error.ConfigurationException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;

/**
 * Makes the kinds of windows.
 *
 * <pre>
 *   tumbling(5)       |----|----|----|
 *   sliding(10, 5)    |---------|
 *                          |---------|
 *   sliding(5, 10)    |----|    |----|
 *   cumulative(5, 10) |----|    |----|
 *                     |---------|---------|
 *   session(3)        |-x--x-|      |xx--|       (for each key)
 * </pre>
 */
public final class Windows {

  private Windows() {}

  /**
   * {@return windows {@code [n * size, (n + 1) * size)}, aligned to the epoch}
   *
   * @param size the length, at least 1 ms
   */
  public static WindowSpec.Tumbling tumbling(Duration size) {
    return tumbling(size, Duration.ZERO);
  }

  /**
   * {@return windows of one size, shifted against the epoch}
   *
   * @param size the length, at least 1 ms
   * @param offset the shift, {@code 0 <= offset < size}
   */
  public static WindowSpec.Tumbling tumbling(Duration size, Duration offset) {
    long sizeMs = positive("tumbling", "size", size);
    long offsetMs = offset.toMillis();
    if (offsetMs < 0 || offsetMs >= sizeMs) {
      throw new ConfigurationException(
          "Cannot make a tumbling window: the offset must be at least 0 and below the size ("
              + offset
              + ", "
              + size
              + ")");
    }
    return new WindowSpec.Tumbling(sizeMs, offsetMs, Optional.empty());
  }

  /**
   * {@return windows {@code [n * slide, n * slide + size)}}
   *
   * <p>With a slide below the size they overlap, and a record counts in several; it is stored once
   * all the same. With a slide above the size they leave gaps: records in a gap belong to no window
   * and are counted as such.
   *
   * @param size the length, at least 1 ms
   * @param slide the distance between two starts, at least 1 ms
   */
  public static WindowSpec.Sliding sliding(Duration size, Duration slide) {
    return new WindowSpec.Sliding(
        positive("sliding", "size", size), positive("sliding", "slide", slide), Optional.empty());
  }

  /** {@return the same as {@link #sliding}, under its other name} */
  public static WindowSpec.Sliding hopping(Duration size, Duration hop) {
    return sliding(size, hop);
  }

  /**
   * {@return windows that start together every {@code size} and end a step apart: results so far,
   * step by step}
   *
   * @param step the distance between two ends, at least 1 ms
   * @param size the length of the longest, a multiple of the step
   */
  public static WindowSpec.Cumulative cumulative(Duration step, Duration size) {
    long stepMs = positive("cumulative", "step", step);
    long sizeMs = positive("cumulative", "size", size);
    if (sizeMs % stepMs != 0) {
      throw new ConfigurationException(
          "Cannot make a cumulative window: the size must be a multiple of the step ("
              + size
              + ", "
              + step
              + ")");
    }
    return new WindowSpec.Cumulative(stepMs, sizeMs, Optional.empty());
  }

  /** {@return days, weeks or months of the calendar in a time zone} */
  public static WindowSpec.Calendar calendar(CalendarUnit unit, ZoneId zone) {
    return new WindowSpec.Calendar(unit, zone, Optional.empty());
  }

  /**
   * {@return sessions: windows of a key that end when nothing came for the gap}
   *
   * @param gap at least 1 ms
   */
  public static WindowSpec.Session session(Duration gap) {
    return new WindowSpec.Session(
        positive("session", "gap", gap), Optional.empty(), Optional.empty());
  }

  /** {@return sessions whose gap depends on the record} */
  public static <T> TypedWindow<T> dynamicSession(GapFunction<T> gap) {
    return new TypedWindow<>(new WindowSpec.Session(0, Optional.of(gap), Optional.empty()));
  }

  /**
   * {@return windows of n records of a key each, from the first one's time to the last one's}
   *
   * <p>What is left of fewer than n records when the input ends is not emitted.
   */
  public static WindowSpec.Global count(long n) {
    return new WindowSpec.Global(Triggers.count(n), Optional.empty());
  }

  /** {@return one window over all time, cut into panes by a trigger} */
  public static <T> TypedWindow<T> global(Trigger<T> trigger) {
    return new TypedWindow<>(new WindowSpec.Global(trigger, Optional.empty()));
  }

  private static long positive(String kind, String what, Duration duration) {
    long ms = duration.toMillis();
    if (ms < 1) {
      throw new ConfigurationException(
          "Cannot make a "
              + kind
              + " window: its "
              + what
              + " is below 1 ms ("
              + duration
              + "). Give a longer one");
    }
    return ms;
  }
}
