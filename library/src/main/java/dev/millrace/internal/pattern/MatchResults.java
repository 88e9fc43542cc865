package dev.millrace.internal.pattern;

/**
 * The receiver of what the matcher finds.
 *
 * <p>It is called after the state has been changed.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface MatchResults {

  /** The reason why a partial match is dropped that could have become a match. */
  enum Reason {
    /** Its time was over. */
    TIMED_OUT,
    /** There were too many. */
    TOO_MANY_RUNS,
    /** Its key held too many events. */
    TOO_MANY_EVENTS
  }

  /** Takes a match. */
  void match(Path path);

  /** Takes a partial match that will not become one. */
  void partial(Path path, Reason reason);
}
