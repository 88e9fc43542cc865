package dev.millrace.runner.host;

import java.time.Instant;
import java.util.Optional;

/**
 * The restarts of an instance by its supervisor.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param count how often the instance was started again since its supervisor started
 * @param last the last end of a process that was not wanted
 */
public record Restarts(int count, Optional<Failure> last) {

  /** There was none, or there is no supervisor. */
  public static final Restarts NONE = new Restarts(0, Optional.empty());

  /**
   * The end of a process.
   *
   * @param at when
   * @param reason how it ended, with the last line of its log
   */
  public record Failure(Instant at, String reason) {}

  /** {@return the last failure in one line, which begins with its time; an empty text if none} */
  public String lastInWords() {
    return last.map(failure -> failure.at() + " " + failure.reason()).orElse("");
  }
}
