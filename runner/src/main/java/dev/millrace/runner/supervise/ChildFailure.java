package dev.millrace.runner.supervise;

import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * The end of a supervised process that was not wanted.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param at when it was noticed
 * @param exitCode the exit code; of a process that a signal has killed 128 and the signal's number
 * @param lastLines the last lines of its stderr, without the frames of stack traces, oldest first
 */
public record ChildFailure(Instant at, int exitCode, List<String> lastLines) {

  private static final int SIGNALS = 128;

  /** HUP, INT, KILL, TERM: signals that a process does not get by a fault of its own. */
  private static final Set<Integer> OF_OTHERS = Set.of(1, 2, 9, 15);

  /** Copies the lines. */
  public ChildFailure {
    lastLines = List.copyOf(lastLines);
  }

  /** {@return how the process ended, in words} */
  public String how() {
    return how(exitCode);
  }

  /**
   * {@return how the process ended, with the last line of its log, unless somebody else has ended
   * it: then that line has nothing to do with it}
   */
  public String inWords() {
    boolean wasEnded = OF_OTHERS.contains(exitCode - SIGNALS);
    return lastLines.isEmpty() || wasEnded
        ? how()
        : how() + ": " + lastLines.get(lastLines.size() - 1);
  }

  static String how(int exitCode) {
    return switch (exitCode - SIGNALS) {
      case 1 -> "by signal 1 (HUP)";
      case 2 -> "by signal 2 (INT)";
      case 6 -> "by signal 6 (ABRT, as of a JVM that crashed)";
      case 9 -> "by signal 9 (KILL, as of kill -9 or the kernel when memory runs out)";
      case 11 -> "by signal 11 (SEGV)";
      case 15 -> "by signal 15 (TERM)";
      default -> "with exit code " + exitCode;
    };
  }
}
