package dev.millrace.internal.pattern;

/**
 * The limit of a key: on its partial matches, or on the events that it holds.
 *
 * @param most the most of them
 * @param overflow what happens with the next
 */
public record KeyLimit(int most, Overflow overflow) {

  /** No limit. */
  public static final KeyLimit NONE = new KeyLimit(Integer.MAX_VALUE, Overflow.FAIL);

  /** The reaction to one more than the limit. */
  public enum Overflow {
    /** The event fails. */
    FAIL,
    /** Those that have started first are dropped, a tenth of them at a time. */
    DROP_OLDEST
  }

  /** The failure of an event that exceeds the limit; a retry would fail as well. */
  public static final class ExceededException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    ExceededException(String message) {
      super(message);
    }
  }

  /** {@return the failure of an event that a key would hold beside as many as it may} */
  public ExceededException exceededBy(int events) {
    return new ExceededException(
        "Cannot keep a record for a pattern: its key would hold more than it may ("
            + events
            + " of "
            + most
            + "). Bound the pattern by within(...) or until(...), drop the oldest, or allow more by"
            + " maxBuffered(...)");
  }

  /** {@return how many may stay when some are dropped} */
  public int afterDropping() {
    return most - most / 10;
  }
}
