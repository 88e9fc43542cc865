package dev.millrace.internal.operator.window;

import java.util.Random;
import java.util.Set;

/** The choice of the calls that fail. */
class Faults {

  private boolean on;

  /** {@return whether this call fails} */
  boolean isNext() {
    return false;
  }

  /** Has no further call fail as a consequence of those before. */
  void end() {}

  void mayFail() throws Exception {
    if (on && isNext()) {
      throw new Exception("fault");
    }
  }

  /** Begins to fail. */
  void begin() {
    on = true;
  }

  /** Fails no more until {@link #begin}. */
  void pause() {
    on = false;
  }

  /** Fails at random calls, and then perhaps at some more, so that retries fail as well. */
  static final class AtRandom extends Faults {

    private final Random random;
    private int more;

    AtRandom(Random random) {
      this.random = random;
    }

    @Override
    boolean isNext() {
      if (more > 0) {
        more--;
        return true;
      }
      if (random.nextInt(25) == 0) {
        more = random.nextInt(5);
        return true;
      }
      return false;
    }

    @Override
    void end() {
      more = 0;
    }
  }

  /** Fails at calls that are given by their numbers, from 0. */
  static final class Numbered extends Faults {

    private final Set<Integer> failing;
    private int calls;

    Numbered(Integer... failing) {
      this.failing = Set.of(failing);
    }

    @Override
    boolean isNext() {
      return failing.contains(calls++);
    }

    /** {@return how many calls there were} */
    int calls() {
      return calls;
    }
  }
}
