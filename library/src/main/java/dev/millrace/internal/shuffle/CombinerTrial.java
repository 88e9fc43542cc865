package dev.millrace.internal.shuffle;

/**
 * The decision, from flush to flush, whether to combine: where combining did not pay off, it pauses
 * for a number of flushes, twice as many each time, and is tried again. A single bad flush costs
 * one flush without combining; keys that never repeat cost one attempt in 65. Flushes of few
 * records are not judged.
 *
 * <p>Where a partial result cannot be sent, combining pauses for {@value #PAUSE_AFTER_FAILURE}
 * flushes: each attempt may cost a transaction.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class CombinerTrial {

  private static final int LONGEST_PAUSE = 64;
  private static final int PAUSE_AFTER_FAILURE = 100;

  private int pause = 1;
  private int flushesLeft;

  /** {@return whether to combine until the next flush} */
  boolean isOn() {
    return flushesLeft == 0;
  }

  /** Notes a flush without combining. */
  void passed() {
    flushesLeft--;
  }

  /** Notes that what was combined cannot be sent. */
  void failed() {
    flushesLeft = PAUSE_AFTER_FAILURE;
  }

  /** Notes a flush of what was combined. */
  void tried(Combiner combiner) {
    if (!combiner.canTell()) {
      return;
    }
    if (combiner.paysOff()) {
      pause = 1;
    } else {
      flushesLeft = pause;
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}
