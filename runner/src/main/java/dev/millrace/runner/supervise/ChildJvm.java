package dev.millrace.runner.supervise;

import dev.millrace.error.MillraceException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A JVM that runs the instance: it has its parent's stdout, and a pipe at either other end.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class ChildJvm implements Child {

  /** For what the process has printed before it ended; a process of its own may hold the pipe. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final Process process;
  private final SupervisorClock clock;
  private final ErrorRelay relay;
  private final Thread relaying;
  private volatile ChildReport.@Nullable Started identity;
  private volatile @Nullable InetSocketAddress serving;
  private volatile @Nullable Long runningSinceNanos;

  private ChildJvm(Process process, PrintStream err, SupervisorClock clock) {
    this.process = process;
    this.clock = clock;
    this.relay = new ErrorRelay(process.getErrorStream(), err, this::reported);
    this.relaying = new Thread(relay, "instance-stderr");
    relaying.setDaemon(true);
    relaying.start();
  }

  /**
   * Starts a JVM, which waits for the order to begin.
   *
   * @param err where its stderr goes
   */
  static ChildJvm launch(List<String> command, PrintStream err, SupervisorClock clock) {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new MillraceException("Cannot start the process of the instance: " + e, e);
    }
    return new ChildJvm(process, err, clock);
  }

  /** The pipe stays open: its end means that the parent is gone. */
  @Override
  public void begin(Past past) {
    try {
      OutputStream stdin = process.getOutputStream();
      stdin.write((past.toLine() + "\n").getBytes(StandardCharsets.UTF_8));
      stdin.flush();
    } catch (IOException alreadyGone) {
      // Then its end is noticed in its place.
    }
  }

  private void reported(ChildReport report) {
    if (report instanceof ChildReport.Started started) {
      identity = started;
    } else if (report instanceof ChildReport.Serving at) {
      serving = at.address();
    } else if (report instanceof ChildReport.Running) {
      runningSinceNanos = clock.nanos();
    }
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public int awaitEnd() throws InterruptedException {
    int code = process.waitFor();
    awaitLastWords();
    return code;
  }

  private void awaitLastWords() throws InterruptedException {
    relaying.join(LAST_WORDS.toMillis());
  }

  @Override
  public boolean awaitEnd(Duration atMost) throws InterruptedException {
    if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
      return false;
    }
    awaitLastWords();
    return true;
  }

  @Override
  public void stop() {
    // Not by the process itself: that would close the pipes, too, with what is still to be read.
    boolean ignored = process.toHandle().destroy();
  }

  @Override
  public void kill() {
    boolean ignored = process.toHandle().destroyForcibly();
  }

  @Override
  public Optional<ChildReport.Started> identity() {
    return Optional.ofNullable(identity);
  }

  @Override
  public Optional<InetSocketAddress> serving() {
    return Optional.ofNullable(serving);
  }

  @Override
  public OptionalLong runningSinceNanos() {
    Long since = runningSinceNanos;
    return since == null ? OptionalLong.empty() : OptionalLong.of(since);
  }

  @Override
  public List<String> lastLines() {
    return relay.lastLines().lines();
  }
}
