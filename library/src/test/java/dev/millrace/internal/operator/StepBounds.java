package dev.millrace.internal.operator;

/**
 * The bounds of an operator's steps: of the rows of one step, and of the transactions that what is
 * due at one time takes. An operator that exceeds them goes round in circles, and the test fails
 * instead of going on for ever.
 */
public final class StepBounds {

  /** More than any test has rows. */
  private static final int MOST_ROWS_PER_STEP = 100_000;

  /** More transactions than any test needs for what is due at one time. */
  private static final int MOST_PARTS = 10_000;

  private int rows;
  private int parts;

  /** Notes that a step begins. */
  public void begin() {
    rows = 0;
  }

  /** Notes that the step has asked for room. */
  public void askedForRoom() {
    check(++rows <= MOST_ROWS_PER_STEP);
  }

  /** Notes that a step for what is due is over, and whether nothing is due any more. */
  public void end(boolean complete) {
    parts = complete ? 0 : parts + 1;
    check(parts <= MOST_PARTS);
  }

  private static void check(boolean ends) {
    if (!ends) {
      throw new AssertionError("The operator does not end: what is due stays due");
    }
  }
}
