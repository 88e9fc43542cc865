package dev.millrace.runner.cli;

import dev.millrace.Job;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.error.JobStoppedException;
import dev.millrace.runner.host.Closing;
import dev.millrace.runner.host.JobRun;
import dev.millrace.runner.host.Restarts;
import dev.millrace.runner.http.AdminServer;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.supervise.ParentLink;
import dev.millrace.runner.supervise.Past;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeSet;

/** The run of a job until it ends, by itself or by a signal, with what people see of it. */
final class ForegroundRun {

  private static final Duration STEP = Duration.ofSeconds(1);

  private ForegroundRun() {}

  /**
   * Runs a job and returns when it has ended in good order.
   *
   * @param parent the supervisor of this process, if it has one
   */
  static void run(Job job, JobConfig config, Terminal terminal, Closing closing, ParentLink parent)
      throws Exception {
    JobRun run = JobRun.of(job, config, () -> restarts(parent.past()));
    // First of all, since it may refuse its address; it answers also while the job starts or ends.
    Optional<AdminServer> server = AdminServer.start(run, terminal.err());
    server.ifPresent(closing::add);
    server.ifPresent(http -> parent.serving(http.address()));
    closing.add(run);
    boolean goesOn = true;
    while (goesOn) {
      goesOn = runOnce(run, server, terminal, parent) && awaitStartOrder(run, terminal);
    }
  }

  /** Runs the job once; returns whether it is only stopped by order. */
  private static boolean runOnce(
      JobRun run, Optional<AdminServer> server, Terminal terminal, ParentLink parent)
      throws Exception {
    RunningJob running;
    try {
      running = run.start(server.map(AdminServer::advertised));
    } catch (JobStoppedException e) {
      return true;
    }
    parent.started(run.name(), running);
    terminal
        .err()
        .println(
            "job "
                + run.name()
                + ", instance "
                + running.instanceId()
                + ", brokers "
                + run.config().bootstrapServers()
                + ", stages "
                + String.join(",", new TreeSet<>(running.metrics().stages().keySet())));
    server.ifPresent(http -> terminal.err().println("its dashboard is at " + http.uri()));
    awaitEnd(run, running, terminal, parent);
    Optional<Throwable> failure = running.failure();
    if (failure.isPresent()) {
      throw asException(failure.get());
    }
    return run.wasStopped(running);
  }

  private static void awaitEnd(JobRun run, RunningJob running, Terminal terminal, ParentLink parent)
      throws Exception {
    if (terminal.isInteractive()) {
      try (ProgressLine progress = new ProgressLine(run, terminal.err())) {
        while (!run.awaitEnd(running, STEP)) {
          progress.update();
          parent.look(running);
        }
      }
    } else {
      while (!run.awaitEnd(running, STEP)) {
        parent.look(running);
      }
    }
  }

  private static boolean awaitStartOrder(JobRun run, Terminal terminal)
      throws InterruptedException {
    terminal
        .err()
        .println(
            "job "
                + run.name()
                + " is stopped by order; this process waits until it is ordered to start again");
    return run.awaitStartOrder();
  }

  private static Restarts restarts(Past past) {
    return new Restarts(
        past.restarts(),
        past.lastFailure().map(last -> new Restarts.Failure(last.at(), last.inWords())));
  }

  private static Exception asException(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (Exception) failure;
  }
}
