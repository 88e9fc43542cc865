package dev.millrace.runner.supervise;

import java.net.InetSocketAddress;
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

  /** The instance can be asked by HTTP; it reports this before it has its name. */
  record Serving(String host, int port) implements ChildReport {
    @Override
    public String words() {
      return SERVING + " " + host + " " + port;
    }

    /** {@return where that is} */
    InetSocketAddress address() {
      return new InetSocketAddress(host, port);
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
  String SERVING = "serving";
  String RUNNING = "running";
  String PORT = "[0-9]{1,5}";

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
    if (parts.length == 3 && parts[0].equals(SERVING) && parts[2].matches(PORT)) {
      return Optional.of(new Serving(parts[1], Integer.parseInt(parts[2])));
    }
    return parts.length == 1 && parts[0].equals(RUNNING)
        ? Optional.of(new Running())
        : Optional.empty();
  }
}
