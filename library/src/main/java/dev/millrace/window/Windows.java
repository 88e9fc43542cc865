package dev.millrace.window;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.WindowKind;
import java.time.Duration;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The kinds of windows that come with Millrace.
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

  /**
   * The slices of a window are added up one by one: beyond this, a mistake in units is likelier.
   */
  private static final int MAX_SLICES = 1_000_000;

  private Windows() {}

  /**
   * {@return windows {@code [n * size, (n + 1) * size)}, aligned to the epoch}
   *
   * @param size the length, whole milliseconds, at least 1
   */
  public static WindowSpec<Object> tumbling(Duration size) {
    return tumbling(size, Duration.ZERO);
  }

  /**
   * {@return windows of one size, shifted against the epoch}
   *
   * @param size the length, whole milliseconds, at least 1
   * @param offset the shift, whole milliseconds, {@code 0 <= offset < size}
   */
  public static WindowSpec<Object> tumbling(Duration size, Duration offset) {
    long sizeMs = length("tumbling", "size", size);
    String cannot = cannotMake("tumbling");
    long offsetMs = Arguments.notNegativeMs(cannot, "offset", offset);
    Arguments.checkWhole(cannot, "offset", offset);
    if (offsetMs >= sizeMs) {
      throw new ConfigurationException(
          cannot
              + ": the offset must be at least 0 and below the size ("
              + offset
              + ", "
              + size
              + "). Give the rest of a division by the size");
    }
    return new WindowSpec<>(new WindowKind.Tumbling(sizeMs, offsetMs));
  }

  /**
   * {@return windows {@code [n * slide, n * slide + size)}}
   *
   * <p>With a slide below the size they overlap, and a record counts in several, but is stored
   * once. With a slide above the size they leave gaps: records in a gap belong to no window and are
   * counted as such.
   *
   * @param size the length, whole milliseconds, at least 1
   * @param slide the distance between two starts, whole milliseconds, at least 1
   */
  public static WindowSpec<Object> sliding(Duration size, Duration slide) {
    long sizeMs = length("sliding", "size", size);
    long slideMs = length("sliding", "slide", slide);
    checkSlices("sliding", sizeMs, slideMs);
    return new WindowSpec<>(new WindowKind.Sliding(sizeMs, slideMs));
  }

  /** {@return the same as {@link #sliding}, under its other name} */
  public static WindowSpec<Object> hopping(Duration size, Duration hop) {
    return sliding(size, hop);
  }

  /**
   * {@return windows that start together every {@code size} and end a step apart: results so far,
   * step by step}
   *
   * @param step the distance between two ends, whole milliseconds, at least 1
   * @param size the length of the longest, a multiple of the step
   */
  public static WindowSpec<Object> cumulative(Duration step, Duration size) {
    long stepMs = length("cumulative", "step", step);
    long sizeMs = length("cumulative", "size", size);
    if (sizeMs % stepMs != 0) {
      throw new ConfigurationException(
          cannotMake("cumulative")
              + ": the size must be a multiple of the step ("
              + size
              + ", "
              + step
              + "). Change one of them");
    }
    checkSlices("cumulative", sizeMs, stepMs);
    return new WindowSpec<>(new WindowKind.Cumulative(stepMs, sizeMs));
  }

  /** {@return days, weeks or months of the calendar in a time zone} */
  public static WindowSpec<Object> calendar(CalendarUnit unit, ZoneId zone) {
    String cannot = cannotMake("calendar");
    ChronoUnit length =
        switch (Arguments.given(cannot, "unit", unit)) {
          case DAY -> ChronoUnit.DAYS;
          case WEEK -> ChronoUnit.WEEKS;
          case MONTH -> ChronoUnit.MONTHS;
        };
    return new WindowSpec<>(new WindowKind.Calendar(length, Arguments.given(cannot, "zone", zone)));
  }

  /**
   * {@return sessions: windows of a key that end when nothing came for the gap}
   *
   * @param gap whole milliseconds, at least 1
   */
  public static WindowSpec<Object> session(Duration gap) {
    return new WindowSpec<>(
        new WindowKind.Session(length("session", "gap", gap), Optional.empty()));
  }

  /** {@return sessions whose gap depends on the record} */
  public static <T> WindowSpec<T> dynamicSession(GapFunction<T> gap) {
    Arguments.given(cannotMake("session"), "gap", gap);
    return new WindowSpec<>(new WindowKind.Session(0, Optional.of(gap)));
  }

  /**
   * {@return windows of n records of a key each, from the first one's time to the last one's}
   *
   * <p>A remainder of fewer than n records when the input ends is not emitted.
   *
   * @param n 1 or more
   */
  public static WindowSpec<Object> count(long n) {
    return global(Triggers.count(n));
  }

  /** {@return one window over all time, cut into panes by a trigger} */
  public static <T> WindowSpec<T> global(Trigger<T> trigger) {
    Arguments.given(cannotMake("global"), "trigger", trigger);
    return new WindowSpec<>(
        new WindowKind.Global(trigger, trigger.needsEventTime(), trigger.describe()));
  }

  private static long length(String kind, String name, Duration duration) {
    return Arguments.wholeMs(cannotMake(kind), name, duration);
  }

  /** Windows that overlap are put together from slices, one for each stretch no window cuts. */
  private static void checkSlices(String kind, long sizeMs, long stepMs) {
    long sliceMs = commonDivisor(sizeMs, stepMs);
    if (stepMs < sizeMs && sizeMs / sliceMs > MAX_SLICES) {
      throw new ConfigurationException(
          cannotMake(kind)
              + ": it would have "
              + sizeMs / sliceMs
              + " slices of "
              + sliceMs
              + " ms, the greatest common divisor of its lengths ("
              + Duration.ofMillis(sizeMs)
              + " by "
              + Duration.ofMillis(stepMs)
              + "), and at most "
              + MAX_SLICES
              + " are possible. Give lengths that divide by each other, or a longer step");
    }
  }

  private static long commonDivisor(long a, long b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }

  private static String cannotMake(String kind) {
    return "Cannot make a " + kind + " window";
  }
}
