package dev.millrace.runner.supervise;

import java.util.Optional;

/**
 * A report of the child to its parent: a line of stderr that begins with a byte that no text has.
 *
 * <p><b>Threads.</b> Immutable.
 */
sealed interface ChildReport {

  /** The byte that a report begins with; it may come after a line that is not ended. */
  int MARK = 1;

  /** The instance has its name, and joins its groups. */
  record Started(String job, String instance) implements ChildReport {
    @Override
    public String words() {
      return STARTED + " " + job + " " + instance;
    }
  }

  /** All of the instance's tasks are open. */
  record Running() implements ChildReport {
    @Override
    public String words() {
      return RUNNING;
    }
  }

  String STARTED = "started";
  String RUNNING = "running";

  /** {@return the report without its mark} */
  String words();

  /** {@return the report as it is printed, without the end of the line} */
  default String line() {
    return (char) MARK + words();
  }

  /** {@return the report that these words are; empty if they are none} */
  static Optional<ChildReport> of(String words) {
    String[] parts = words.strip().split(" ", -1);
    if (parts.length == 3 && parts[0].equals(STARTED)) {
      return Optional.of(new Started(parts[1], parts[2]));
    }
    return parts.length == 1 && parts[0].equals(RUNNING)
        ? Optional.of(new Running())
        : Optional.empty();
  }
}
