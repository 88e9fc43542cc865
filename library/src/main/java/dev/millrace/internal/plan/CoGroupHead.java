package dev.millrace.internal.plan;

/**
 * The row of a key that has records of a co-group.
 *
 * @param firsts the first records on both sides
 * @param dueMs the time of its entry in the index: the last one at which its first window can still
 *     change; an earlier one if that is a session which has grown since
 * @param phase how far its first window is
 * @param throughMs the time up to which its first window has records, once that fires
 */
public record CoGroupHead(JoinHead firsts, long dueMs, Phase phase, long throughMs) {

  /** The phase of a window. Only a large one is ever found in the middle of its firing. */
  public enum Phase {
    /** It may get more records. */
    OPEN,
    /** It is final, and some of its pairs are still to be emitted. */
    FIRING,
    /** All its results are emitted; some of its records are still to be dropped. */
    FIRED
  }

  /** The head of a key without records; not kept. */
  public static final CoGroupHead NONE =
      new CoGroupHead(JoinHead.NONE, Long.MAX_VALUE, Phase.OPEN, 0);

  /** {@return the time of its first record} */
  public long firstMs() {
    return Math.min(firsts.left().timeMs(), firsts.right().timeMs());
  }

  /** {@return whether there are no records} */
  public boolean isNone() {
    return firsts.equals(JoinHead.NONE);
  }

  /** {@return the head when its first records are others} */
  public CoGroupHead with(JoinHead newFirsts) {
    return new CoGroupHead(newFirsts, dueMs, phase, throughMs);
  }

  /** {@return the head of a key with an open window that is due at another time} */
  public CoGroupHead openUntil(long newDueMs) {
    return new CoGroupHead(firsts, newDueMs, Phase.OPEN, 0);
  }

  /** {@return the head when its first window begins to fire} */
  public CoGroupHead firing(long newThroughMs) {
    return new CoGroupHead(firsts, dueMs, Phase.FIRING, newThroughMs);
  }

  /** {@return the head when its first window has fired} */
  public CoGroupHead fired() {
    return new CoGroupHead(firsts, dueMs, Phase.FIRED, throughMs);
  }
}
