package dev.millrace;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import java.nio.file.Path;

/** Copies of jobs that run in this JVM, with one worker for each stage. */
public final class OneWorker {

  private OneWorker() {}

  /** {@return the settings of a copy} */
  public static JobConfig config(TestBroker broker, Path stateDir) {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("workers", "1")
        .with("state.dir", stateDir.toString());
  }

  /** Starts a copy. */
  public static RunningJob start(TestBroker broker, Job job, Path stateDir) {
    return Millrace.start(job, config(broker, stateDir));
  }
}
