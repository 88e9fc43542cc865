package dev.millrace.internal.window;

import dev.millrace.internal.util.Saturating;

/**
 * The arithmetic of sessions.
 *
 * @param gapMs how long a session stays open after its last record, at least 1
 */
public record SessionSpan(long gapMs) {

  /** {@return whether records of two stretches of time are of one session in any case} */
  public boolean joins(long firstMs, long lastMs, long otherFirstMs, long otherLastMs) {
    return otherFirstMs <= Saturating.add(lastMs, gapMs)
        && firstMs <= Saturating.add(otherLastMs, gapMs);
  }
}
