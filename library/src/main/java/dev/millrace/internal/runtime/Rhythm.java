package dev.millrace.internal.runtime;

import dev.millrace.internal.time.WatermarkThrottle;
import java.time.Duration;

/**
 * How often a worker does what it need not do at every turn.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param watermarks the shortest time between two watermarks to the same shuffle without data
 * @param sourceEnds between two looks whether a quiet source has more
 * @param sinkChecks between two questions to sinks whether they want a commit
 * @param views between two reports of what the worker looks like
 */
public record Rhythm(
    Duration watermarks, Duration sourceEnds, Duration sinkChecks, Duration views) {

  /** What costs little and is soon enough. */
  public static final Rhythm USUAL =
      new Rhythm(
          Duration.ofMillis(WatermarkThrottle.DEFAULT_INTERVAL_MS),
          Duration.ofSeconds(1),
          Duration.ofMillis(200),
          Duration.ofMillis(100));

  /** At every turn: for a worker whose turns are taken one by one. */
  public static final Rhythm EVERY_TURN =
      new Rhythm(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
}
