package dev.millrace.admin;

import java.time.Duration;

/**
 * The pace of a stage at present, and its reason: that of the worker that commits least often.
 *
 * @param reason what decides it
 * @param interval the time from the beginning of one commit to that of the next, smoothed over the
 *     last few; a stage without input makes none
 * @param duration how long a commit takes, smoothed in the same way
 */
public record CommitPace(Reason reason, Duration interval, Duration duration) {

  /** The reason for the time between two commits of a worker. */
  public enum Reason {
    /** It has caught up with its input: it commits as often as a quarter of its time permits. */
    CAUGHT_UP,
    /**
     * It has caught up with its input, and a commit would show nothing: only its state and its
     * positions have changed. It commits at once when there is something to see, but at {@code
     * commit.interval.max} in any case.
     */
    NOTHING_TO_SHOW,
    /**
     * It lags: it commits at {@code commit.interval}, then less and less often, up to {@code
     * commit.interval.max}, or when a transaction is full.
     */
    BEHIND,
    /** Its sinks want rare commits, for files that are not too small. */
    SINK
  }
}
