package dev.millrace.internal.window;

import java.util.List;

/**
 * All sessions of a key that are kept: usually one or two.
 *
 * @param sessions in the order of their starts; none overlaps or touches another
 * @param timerMs when the key is checked next: the time of its only timer
 */
public record SessionRow<A, R>(List<Session<A, R>> sessions, long timerMs) {

  /**
   * One session.
   *
   * @param startMs the time of its first record
   * @param endMs a gap after its last record
   * @param accumulator the aggregate over its records
   * @param closed whether time has passed its end
   * @param said the results that were emitted and not retracted; of several windows if they have
   *     merged since
   */
  public record Session<A, R>(
      long startMs, long endMs, A accumulator, boolean closed, List<Said<R>> said) {}

  /**
   * A result that was emitted.
   *
   * @param startMs the start of the window it was for
   * @param endMs the end of that window
   * @param value the result
   */
  public record Said<R>(long startMs, long endMs, R value) {}
}
