package dev.millrace.window;

import java.time.Instant;

/**
 * A stretch of time, half-open: {@code start} belongs to it, {@code end} does not.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param start the first instant inside
 * @param end the first instant after it
 */
public record Window(Instant start, Instant end) {

  /** {@return the window between two readings in milliseconds since the epoch} */
  public static Window ofEpochMillis(long startMs, long endMs) {
    return new Window(Instant.ofEpochMilli(startMs), Instant.ofEpochMilli(endMs));
  }
}
