package dev.millrace.internal.progress;

/**
 * The epochs of the owners of a task: each owner's is higher than those of all former ones, and all
 * of a run's are higher than those of earlier runs.
 *
 * <p>The last 13 decimal digits are the owner's clock, the ones before them the number of the run.
 * So what an owner of an earlier run has sent, be it the end of its input, is recognized as a
 * former owner's in everything that carries an epoch: frames of shuffles, commit frames, names of
 * files.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class OwnerEpochs {

  /** More than any clock shows, in milliseconds, until the year 2286. */
  private static final long PER_RUN = 10_000_000_000_000L;

  /** Above it owners count, so that a wrong clock does not lead to another run's epochs. */
  private static final long LATEST_CLOCK = PER_RUN / 2;

  /** The highest number that a run can have. */
  public static final int LAST_RUN = (int) (Long.MAX_VALUE / PER_RUN) - 1;

  private OwnerEpochs() {}

  /** {@return the epoch below which all owners are of earlier runs} */
  static long firstOf(int run) {
    return run * PER_RUN;
  }

  /** {@return the number of the run that an epoch belongs to} */
  public static int runOf(long epoch) {
    return (int) (epoch / PER_RUN);
  }

  /**
   * {@return the epoch of a new owner: greater than every former one, including that of an owner
   * that died before its first commit}
   *
   * @param last the epoch of the last owner that committed; -1 if there was none
   */
  public static long next(int run, long last, long wallMs) {
    return Math.max(last + 1, firstOf(run) + Math.min(wallMs, LATEST_CLOCK));
  }
}
