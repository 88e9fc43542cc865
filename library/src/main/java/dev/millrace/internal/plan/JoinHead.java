package dev.millrace.internal.plan;

/**
 * The row of a place that records of a join wait at: it shows whether a side has any, and when the
 * first of them is to go.
 *
 * @param left the first on the left
 * @param right the first on the right
 */
public record JoinHead(JoinFirst left, JoinFirst right) {

  /** The head of a place without records; not kept. */
  public static final JoinHead NONE = new JoinHead(JoinFirst.NONE, JoinFirst.NONE);
}
