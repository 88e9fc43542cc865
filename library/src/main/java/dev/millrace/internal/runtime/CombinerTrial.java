package dev.millrace.internal.runtime;

/**
 * Decides from flush to flush whether to combine: where it did not pay off it is left for a while,
 * twice as long each time, and tried again. A single bad flush costs one flush without; keys that
 * never repeat cost one attempt in 65. Flushes of few records say nothing.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class CombinerTrial {

  private static final int LONGEST_PAUSE = 64;

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
