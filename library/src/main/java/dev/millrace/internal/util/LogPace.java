package dev.millrace.internal.util;

import java.time.Duration;

/**
 * The pace of log lines about something that happens over and over: the first at once, then one
 * every 30 seconds, with the number of events in between.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class LogPace {

  private static final long BETWEEN_LINES_NANOS = Duration.ofSeconds(30).toNanos();

  private boolean atOnce = true;
  private long loggedNanos;
  private long unlogged;

  /**
   * {@return whether an event is to be logged; if not, it is counted}
   *
   * @param nowNanos a monotonic reading
   */
  public boolean isDue(long nowNanos) {
    if (!atOnce && nowNanos - loggedNanos < BETWEEN_LINES_NANOS) {
      unlogged++;
      return false;
    }
    atOnce = false;
    loggedNanos = nowNanos;
    return true;
  }

  /** Makes the next event due whenever it comes, since it is news. */
  public void logNextAtOnce() {
    atOnce = true;
  }

  /** {@return how many events were not logged since the last line} */
  public long unlogged() {
    return unlogged;
  }

  /** {@return how many events were not logged since the last line, for the line that is due now} */
  public long takeUnlogged() {
    long taken = unlogged;
    unlogged = 0;
    return taken;
  }
}
