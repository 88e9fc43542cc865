package dev.millrace.internal.plan;

/**
 * The first of the records on one side of a join that wait at a place.
 *
 * @param timeMs its time, or that of {@link #NONE}
 * @param arrival its number if it is known to be the only one, so that it is found without a scan;
 *     otherwise {@link #SEVERAL}
 */
public record JoinFirst(long timeMs, long arrival) {

  /** In {@code arrival}: there may be others. */
  public static final long SEVERAL = -1;

  /** No record at all; after all others. */
  public static final JoinFirst NONE = new JoinFirst(Long.MAX_VALUE, SEVERAL);

  /** {@return whether there is no record} */
  public boolean isNone() {
    return timeMs == Long.MAX_VALUE;
  }

  /** {@return whether there is one record and no other} */
  public boolean isOnly() {
    return arrival != SEVERAL;
  }

  /** {@return the first one when another has arrived} */
  public JoinFirst and(long otherMs, long otherArrival) {
    if (isNone()) {
      return new JoinFirst(otherMs, otherArrival);
    }
    return isOnly() || otherMs < timeMs ? new JoinFirst(Math.min(timeMs, otherMs), SEVERAL) : this;
  }
}
