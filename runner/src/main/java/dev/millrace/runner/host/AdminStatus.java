package dev.millrace.runner.host;

import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;

/**
 * The status of a job as Kafka has it; connects at the first question.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class AdminStatus implements StatusCache.Source {

  private final String job;
  private final LazyAdmin admin;

  AdminStatus(String job, JobConfig config) {
    this.job = job;
    this.admin = new LazyAdmin(config);
  }

  @Override
  public JobStatus ask() {
    return admin.get().status(job);
  }

  @Override
  public void close() {
    admin.close();
  }
}
