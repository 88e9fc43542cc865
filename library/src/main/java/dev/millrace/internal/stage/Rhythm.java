package dev.millrace.internal.stage;

import dev.millrace.internal.time.WatermarkThrottle;
import java.time.Duration;

/**
 * The intervals of what a worker need not do at every turn.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param watermarks the shortest time between two watermarks to the same shuffle without data
 * @param sourceEnds the time between two checks whether a quiet source has more
 * @param sinkChecks the time between two queries whether sinks want a commit
 * @param views the time between two publications of the worker's view
 * @param tables how long a worker waits at a turn for tables that it has to have
 */
public record Rhythm(
    Duration watermarks,
    Duration sourceEnds,
    Duration sinkChecks,
    Duration views,
    Duration tables) {

  /** The usual intervals: frequent enough, at little cost. */
  public static final Rhythm USUAL =
      new Rhythm(
          Duration.ofMillis(WatermarkThrottle.DEFAULT_INTERVAL_MS),
          Duration.ofSeconds(1),
          Duration.ofMillis(200),
          Duration.ofMillis(100),
          Duration.ofMillis(50));

  /** At every turn: for a worker whose turns are taken one by one. */
  public static final Rhythm EVERY_TURN =
      new Rhythm(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
}
