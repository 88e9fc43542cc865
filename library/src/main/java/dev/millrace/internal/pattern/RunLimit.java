package dev.millrace.internal.pattern;

/**
 * How many runs a key may have.
 *
 * @param most the most runs with open edges
 * @param overflow what happens with the next
 */
public record RunLimit(int most, Overflow overflow) {

  /** What happens if there are too many. */
  public enum Overflow {
    /** The event fails. */
    FAIL,
    /** Those that have started first are dropped, a tenth of them at a time. */
    DROP_OLDEST
  }

  /** {@return how many may stay when some are dropped} */
  int afterDropping() {
    return most - most / 10;
  }
}
