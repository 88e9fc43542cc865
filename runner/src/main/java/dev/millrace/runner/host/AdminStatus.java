package dev.millrace.runner.host;

import dev.millrace.JobAdmin;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import org.jspecify.annotations.Nullable;

/**
 * The status of a job as Kafka has it; connects at the first question.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class AdminStatus implements StatusCache.Source {

  private final String job;
  private final JobConfig config;
  private @Nullable JobAdmin admin;

  AdminStatus(String job, JobConfig config) {
    this.job = job;
    this.config = config;
  }

  @Override
  public JobStatus ask() {
    JobAdmin connected = admin;
    if (connected == null) {
      connected = JobAdmin.connect(config);
      admin = connected;
    }
    return connected.status(job);
  }

  @Override
  public void close() {
    if (admin != null) {
      admin.close();
    }
  }
}
