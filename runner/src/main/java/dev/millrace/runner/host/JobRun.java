package dev.millrace.runner.host;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Terminal;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeSet;

/** The run of a job until it ends, by itself or by a signal. */
public final class JobRun {

  private static final Duration STEP = Duration.ofSeconds(1);

  private JobRun() {}

  /** Runs a job and returns when it has ended in good order. */
  public static void run(Job job, JobConfig config, Terminal terminal, Closing closing)
      throws Exception {
    RunningJob running = closing.add(Millrace.start(job, config));
    terminal
        .err()
        .println(
            "job "
                + job.name()
                + ", instance "
                + running.instanceId()
                + ", brokers "
                + config.bootstrapServers()
                + ", stages "
                + String.join(",", new TreeSet<>(running.metrics().stages().keySet())));
    if (terminal.isInteractive()) {
      try (ProgressLine progress = new ProgressLine(job.name(), config, terminal.err())) {
        while (!running.awaitTermination(STEP)) {
          progress.update(running);
        }
      }
    } else {
      while (!running.awaitTermination(STEP)) {
        // Nobody watches the progress.
      }
    }
    Optional<Throwable> failure = running.failure();
    if (failure.isPresent()) {
      throw asException(failure.get());
    }
  }

  private static Exception asException(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (Exception) failure;
  }
}
