package dev.millrace.runner.supervise;

import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the pipe in a supervised process: it reports to the supervisor, and stops the process
 * when the supervisor is gone, however that came to its end.
 *
 * <p><b>Threads.</b> The reports are those of one thread; {@link #past} is for any.
 */
public final class ParentLink {

  private static final Logger LOGGER = LoggerFactory.getLogger(ParentLink.class);

  /** As after SIGTERM; nobody is there to see it. */
  private static final int STOPPED = 143;

  /** That of a process which has no supervisor. */
  public static final ParentLink NONE = new ParentLink(null);

  private final @Nullable PrintStream reports;
  private final CountDownLatch begun = new CountDownLatch(1);
  private volatile Past past = Past.NONE;
  private boolean reportedRunning;

  private ParentLink(@Nullable PrintStream reports) {
    this.reports = reports;
  }

  /**
   * Opens the link of this process, whose stdin is the supervisor's.
   *
   * @param err the stderr of this process
   * @param stopsWithin how long the stop may take that follows the supervisor's end
   */
  static ParentLink open(InputStream in, PrintStream err, Duration stopsWithin) {
    return open(in, err, () -> stopProcess(stopsWithin));
  }

  /**
   * Opens a link.
   *
   * @param parentGone called once, on a thread of its own, when the parent is gone
   */
  static ParentLink open(InputStream in, PrintStream err, Runnable parentGone) {
    ParentLink link = new ParentLink(err);
    Thread watch = new Thread(() -> link.watch(in, parentGone), "supervisor-watch");
    watch.setDaemon(true);
    watch.start();
    return link;
  }

  private void watch(InputStream in, Runnable parentGone) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      String first = lines.readLine();
      if (first != null) {
        past = Past.ofLine(first);
        begun.countDown();
        while (lines.readLine() != null) {
          // There is no second line yet; a later supervisor may have more to hand over.
        }
      }
    } catch (IOException e) {
      LOGGER.atDebug().setCause(e).log("The pipe from the supervisor is broken");
    }
    parentGone.run();
  }

  private static void stopProcess(Duration within) {
    LOGGER.atWarn().log("The supervisor is gone; the instance stops");
    Thread last =
        new Thread(
            () -> {
              long deadline = System.nanoTime() + within.toNanos();
              for (long left = within.toNanos(); left > 0; left = deadline - System.nanoTime()) {
                LockSupport.parkNanos(left);
              }
              // Something hangs in a shutdown hook; nobody else would end this process.
              Runtime.getRuntime().halt(STOPPED);
            },
            "supervisor-gone");
    last.setDaemon(true);
    last.start();
    System.exit(STOPPED);
  }

  /** Waits until the supervisor has this process begin; for ever, if there is none. */
  void awaitBegin() throws InterruptedException {
    begun.await();
  }

  /** Reports where this process can be asked by HTTP; called as soon as it can. */
  public void serving(InetSocketAddress address) {
    report(new ChildReport.Serving(address.getAddress().getHostAddress(), address.getPort()));
  }

  /** Reports who this process is; called as soon as that is known. */
  public void started(String job, RunningJob running) {
    report(new ChildReport.Started(job, running.instanceId()));
  }

  /** Reports that the instance is at work, the first time that it is; called now and then. */
  public void look(RunningJob running) {
    if (!reportedRunning && running.state() == InstanceState.RUNNING) {
      reportedRunning = true;
      report(new ChildReport.Running());
    }
  }

  private void report(ChildReport report) {
    if (reports != null) {
      reports.print(report.line() + "\n");
      reports.flush();
    }
  }

  /** {@return what became of the processes before this one; nothing if it has no supervisor} */
  public Past past() {
    return past;
  }
}
