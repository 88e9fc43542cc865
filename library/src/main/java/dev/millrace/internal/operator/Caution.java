package dev.millrace.internal.operator;

/**
 * The choice of one step in one worker between two ways to undo a call that fails with an
 * accumulator in its hands, which it may have changed.
 *
 * <p>Where calls do not fail, accumulators are changed in place and nothing is kept of how they
 * were: a failure makes the worker {@linkplain InDoubtException abort}. From then on functions get
 * copies, so that the accumulator itself outlives a failure, until there has been none for {@value
 * #COMMITS} commits. So a record that fails costs a repeated transaction at most once in so many,
 * and a record that does not fail costs nothing.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class Caution {

  private static final int COMMITS = 100;

  private int commitsLeft;

  /** {@return whether functions get copies} */
  public boolean isOn() {
    return commitsLeft > 0;
  }

  /** A call failed. */
  public void raise() {
    commitsLeft = COMMITS;
  }

  /** A transaction committed. */
  public void committed() {
    if (commitsLeft > 0) {
      commitsLeft--;
    }
  }
}
