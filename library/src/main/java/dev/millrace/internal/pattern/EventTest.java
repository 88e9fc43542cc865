package dev.millrace.internal.pattern;

/** A condition of a program, on an event and the match so far. */
@FunctionalInterface
public interface EventTest {

  /** A condition that always holds. */
  EventTest ALWAYS =
      new EventTest() {
        @Override
        public boolean holds(Object event, Path soFar) {
          return true;
        }

        @Override
        public boolean readsMatch() {
          return false;
        }
      };

  /**
   * {@return whether it holds}
   *
   * @param soFar what was taken before the event
   */
  boolean holds(Object event, Path soFar) throws Exception;

  /** {@return whether the answer depends on the match so far} */
  default boolean readsMatch() {
    return true;
  }

  /**
   * {@return a condition that holds where both do; the second is not asked where the first fails}
   */
  static EventTest and(EventTest first, EventTest second) {
    return first == ALWAYS ? second : joined(first, second, true);
  }

  /** {@return a condition that holds where either does} */
  static EventTest or(EventTest first, EventTest second) {
    return joined(first, second, false);
  }

  private static EventTest joined(EventTest first, EventTest second, boolean goesOnIf) {
    return new Joined(first, second, goesOnIf, first.readsMatch() || second.readsMatch());
  }

  /**
   * Two conditions, of which the second is asked depending on the first.
   *
   * @param goesOnIf the answer of the first with which the second decides
   */
  record Joined(EventTest first, EventTest second, boolean goesOnIf, boolean readsMatch)
      implements EventTest {
    @Override
    public boolean holds(Object event, Path soFar) throws Exception {
      boolean held = first.holds(event, soFar);
      return held == goesOnIf ? second.holds(event, soFar) : held;
    }
  }
}
