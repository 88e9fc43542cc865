package dev.millrace.devbroker;

import dev.millrace.devbroker.BrokerArguments.Flag;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The development broker as a program: {@code java -jar devbroker.jar}.
 *
 * <p><b>Contract.</b> The first line on stdout is a warning that this is not for production; the
 * line {@code READY host:port[,host:port...]} follows when clients can connect. It runs until it
 * gets a SIGTERM or SIGINT, or, with {@code --exit-with-parent}, until its stdin ends: an operating
 * system closes the pipes of a process that dies, however it dies, so no broker outlives its
 * parent.
 *
 * <p><b>Errors.</b> Exit code 2 for a command line that cannot be understood, 1 if the broker does
 * not start, with the reason on stderr.
 */
public final class BrokerMain {

  static final String READY = "READY ";

  /** A living parent writes this before it ends the child's stdin. */
  static final int STOP = '\n';

  private static final int EXIT_FAILED = 1;
  private static final int EXIT_USAGE = 2;
  private static final long STOP_TIMEOUT_MS = 15_000;

  /** The process that deletes the data. */
  private enum DataOwner {
    THIS_PROCESS,
    /** The parent, or this process in its stead once it has died. */
    PARENT,
    NOBODY
  }

  private final BrokerArguments arguments;
  private final Path dataDirectory;
  private final DataOwner dataOwner;
  private final AtomicReference<@Nullable EmbeddedKafka> kafka = new AtomicReference<>();

  /** Written by the thread that watches the parent, read by the one that stops the broker. */
  private volatile boolean parentDied;

  private BrokerMain(BrokerArguments arguments, Path dataDirectory, DataOwner dataOwner) {
    this.arguments = arguments;
    this.dataDirectory = dataDirectory;
    this.dataOwner = dataOwner;
  }

  /**
   * Runs the broker until it is asked to stop.
   *
   * @param words the command line, see {@code --help}
   */
  public static void main(String[] words) {
    BrokerArguments arguments;
    try {
      arguments = BrokerArguments.parse(List.of(words));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(EXIT_USAGE);
      return;
    }
    if (arguments.has(Flag.HELP)) {
      System.out.print(BrokerArguments.USAGE);
      return;
    }
    try {
      withDataDirectory(arguments).run(System.in, System.out);
    } catch (DevBrokerException e) {
      System.err.println(e.getMessage());
      System.exit(EXIT_FAILED);
    }
  }

  /** Gives the broker a directory that this process owns, so that it can go with the process. */
  private static BrokerMain withDataDirectory(BrokerArguments arguments) {
    Optional<Path> named = arguments.broker().dataDirectory();
    if (named.isPresent()) {
      boolean parents = arguments.has(Flag.DELETE_DATA_WITH_PARENT);
      return new BrokerMain(arguments, named.get(), parents ? DataOwner.PARENT : DataOwner.NOBODY);
    }
    Path temporary = DataDirectory.temporary();
    return new BrokerMain(
        arguments.withBroker(broker -> broker.withDataDirectory(temporary)),
        temporary,
        DataOwner.THIS_PROCESS);
  }

  private void run(InputStream stdin, PrintStream stdout) {
    stdout.println(disclaimer());
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "devbroker-stop"));
    if (arguments.has(Flag.EXIT_WITH_PARENT)) {
      // Ctrl-C goes to every process of the terminal. The parent decides what to do about it, and
      // may still need its broker for that.
      Signals.ignoreInterrupts();
      Thread watch = new Thread(() -> exitAtEndOf(stdin), "devbroker-parent-watch");
      watch.setDaemon(true);
      watch.start();
    }
    EmbeddedKafka started = EmbeddedKafka.startAlone(arguments.broker(), arguments.part());
    kafka.set(started);
    arguments.classArchive().ifPresent(ClassArchive::write);
    stdout.println(READY + started.bootstrapServers());
    stdout.flush();
    waitForever();
  }

  private String disclaimer() {
    int nodes = arguments.broker().nodes();
    String cluster =
        arguments
            .part()
            .map(part -> "node " + part.node() + " of " + nodes)
            .orElse(
                nodes == 1
                    ? "one node, no replication"
                    : nodes + " nodes in one process, no real replication");
    String data = dataOwner == DataOwner.NOBODY ? "kept in " + dataDirectory : "deleted at exit";
    return "Development broker, not for production: " + cluster + ", no security; data " + data;
  }

  private void exitAtEndOf(InputStream stdin) {
    boolean toldToStop = false;
    try {
      while (stdin.read() >= 0) {
        toldToStop = true;
      }
    } catch (IOException broken) {
      // A broken pipe has ended, too.
    }
    parentDied = !toldToStop;
    System.exit(0);
  }

  /** Bounded: a parent that waits for us, or a user at a terminal, must not wait for long. */
  private void stop() {
    Thread stopping = new Thread(this::stopNodes, "devbroker-stop-nodes");
    stopping.setDaemon(true);
    stopping.start();
    try {
      stopping.join(STOP_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (dataOwner == DataOwner.THIS_PROCESS || (dataOwner == DataOwner.PARENT && parentDied)) {
      arguments
          .part()
          .ifPresentOrElse(
              part -> DataDirectory.deleteNodeQuietly(dataDirectory, part.node()),
              () -> DataDirectory.deleteQuietly(dataDirectory));
    }
  }

  private void stopNodes() {
    EmbeddedKafka running = kafka.get();
    if (running != null) {
      running.close();
    }
  }

  private static void waitForever() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
