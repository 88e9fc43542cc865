package dev.millrace.internal.launch;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The decision when to look how far stages lag. All that comes of it is whether the sources that
 * are read here go on, so there is no reason to look before this copy has sent anything more.
 *
 * <p>What other copies send makes the lag grow as well. That is why a small part of the limit is
 * enough: whoever sends looks by itself, so that all together are over the limit by that part for
 * each copy, and by what half a second brings.
 *
 * <p><b>Threads.</b> Confined to the instance's care thread.
 */
final class LagLooks {

  static final Duration SHORTEST = Duration.ofMillis(500);

  /** For a copy that sends little, which may be a part of much. */
  static final Duration LONGEST = Duration.ofSeconds(10);

  private static final int LOOKS_PER_LIMIT = 64;

  private final long manyFrames;
  private long framesBefore;
  private long lookedNanos;
  private boolean isAnswered;

  /**
   * Creates the decision of a copy that has not looked yet.
   *
   * @param maxLagFrames the lag beyond which a source waits
   */
  LagLooks(long maxLagFrames, long nowNanos) {
    this.manyFrames = Math.max(1, maxLagFrames / LOOKS_PER_LIMIT);
    this.lookedNanos = nowNanos;
  }

  /**
   * {@return whether to look now}
   *
   * @param framesSent how many frames this copy has sent in all; asked only if it matters
   * @param areHeld whether a source waits, to be released as soon as it may go on
   */
  boolean isDue(long nowNanos, LongSupplier framesSent, boolean areHeld) {
    long sinceNanos = nowNanos - lookedNanos;
    if (sinceNanos < SHORTEST.toNanos()) {
      return false;
    }
    if (!isAnswered || areHeld) {
      return true;
    }
    long frames = framesSent.getAsLong() - framesBefore;
    return frames >= (sinceNanos >= LONGEST.toNanos() ? 1 : manyFrames);
  }

  /**
   * Notes that there was an answer.
   *
   * @param frames how many frames this copy had sent when it was asked for
   */
  void looked(long nowNanos, long frames) {
    lookedNanos = nowNanos;
    framesBefore = frames;
    isAnswered = true;
  }

  /** Notes that there was no answer: it is to be asked for again. */
  void failed(long nowNanos) {
    lookedNanos = nowNanos;
    isAnswered = false;
  }
}
