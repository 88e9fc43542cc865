package dev.millrace.internal.operator;

/**
 * The choice of one step in one worker between two ways to undo a call that failed and may have
 * changed the accumulator it was given.
 *
 * <p>Where calls do not fail, accumulators are changed in place and no earlier version is kept: a
 * failure makes the worker {@linkplain InDoubtException abort}. From then on functions get copies,
 * so that a failure leaves the accumulator intact, until no call has failed for {@value #COMMITS}
 * commits. So failing records cost at most one repeated transaction in that many commits, and a
 * record that does not fail costs nothing.
 *
 * <p>Where a repeated transaction would write its output a second time, caution is {@linkplain
 * #always() always on} and no transaction is repeated.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class Caution {

  private static final int COMMITS = 100;

  private final boolean always;
  private int commitsLeft;

  /** Creates a caution that is off until a call fails. */
  public Caution() {
    this(false);
  }

  private Caution(boolean always) {
    this.always = always;
  }

  /** {@return a caution that is on and stays so} */
  public static Caution always() {
    return new Caution(true);
  }

  /** {@return whether functions get copies} */
  public boolean isOn() {
    return always || commitsLeft > 0;
  }

  /** Notes that a call failed which was given an accumulator. */
  public void raise() {
    commitsLeft = COMMITS;
  }

  /** Notes that a transaction committed. */
  public void committed() {
    if (commitsLeft > 0) {
      commitsLeft--;
    }
  }
}
