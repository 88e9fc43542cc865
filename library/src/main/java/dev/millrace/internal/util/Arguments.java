package dev.millrace.internal.util;

import dev.millrace.error.ConfigurationException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The checks of what a program hands to the builder, so that a mistake shows where it is made. Each
 * takes what cannot be done ("Cannot make a tumbling window") and names the argument at fault.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Arguments {

  private static final int NANOS_PER_MS = 1_000_000;

  private Arguments() {}

  /** {@return the argument, which must be there} */
  public static <T> T given(String cannot, String name, @Nullable T value) {
    if (value == null) {
      throw new ConfigurationException(cannot + ": the " + name + " is null. Give one");
    }
    return value;
  }

  /** Checks that an array is there, and that none of its elements is missing. */
  public static void allGiven(String cannot, String name, @Nullable Object @Nullable [] values) {
    for (Object value : given(cannot, name, values)) {
      given(cannot, name, value);
    }
  }

  /** {@return a number, which must not be smaller than the least} */
  public static long atLeast(long least, String cannot, String name, long number) {
    if (number < least) {
      throw new ConfigurationException(
          cannot + ": the " + name + " is below " + least + " (" + number + "). Give more");
    }
    return number;
  }

  /** {@return a duration in milliseconds, rounded down, at least one} */
  public static long positiveMs(String cannot, String name, @Nullable Duration duration) {
    long ms = toMs(cannot, name, duration);
    if (ms < 1) {
      throw new ConfigurationException(
          cannot + ": the " + name + " is below 1 ms (" + duration + "). Give a longer one");
    }
    return ms;
  }

  /** {@return a duration in milliseconds, of which it must be a whole number, at least one} */
  public static long wholeMs(String cannot, String name, @Nullable Duration duration) {
    long ms = positiveMs(cannot, name, duration);
    checkWhole(cannot, name, given(cannot, name, duration));
    return ms;
  }

  /** {@return a duration in milliseconds, of which it must be a whole number; may be negative} */
  public static long signedMs(String cannot, String name, @Nullable Duration duration) {
    long ms = toMs(cannot, name, duration);
    checkWhole(cannot, name, given(cannot, name, duration));
    return ms;
  }

  /** Checks that a duration is a whole number of milliseconds. */
  public static void checkWhole(String cannot, String name, Duration duration) {
    if (duration.toNanosPart() % NANOS_PER_MS != 0) {
      throw new ConfigurationException(
          cannot
              + ": the "
              + name
              + " has a fraction of a millisecond ("
              + duration
              + "). Give whole milliseconds");
    }
  }

  /** {@return a duration in milliseconds, rounded down, zero or more} */
  public static long notNegativeMs(String cannot, String name, @Nullable Duration duration) {
    if (given(cannot, name, duration).isNegative()) {
      throw new ConfigurationException(
          cannot + ": the " + name + " is negative (" + duration + "). Give zero or more");
    }
    return toMs(cannot, name, duration);
  }

  private static long toMs(String cannot, String name, @Nullable Duration duration) {
    try {
      return given(cannot, name, duration).toMillis();
    } catch (ArithmeticException e) {
      throw new ConfigurationException(
          cannot
              + ": the "
              + name
              + " does not fit into milliseconds ("
              + duration
              + "). Give one that is nearer to zero",
          e);
    }
  }
}
