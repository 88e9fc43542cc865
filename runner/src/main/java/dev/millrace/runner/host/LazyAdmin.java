package dev.millrace.runner.host;

import dev.millrace.JobAdmin;
import dev.millrace.config.JobConfig;
import org.jspecify.annotations.Nullable;

/**
 * A connection to Kafka that is made when it is first needed.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class LazyAdmin {

  private final JobConfig config;
  private @Nullable JobAdmin admin;

  LazyAdmin(JobConfig config) {
    this.config = config;
  }

  JobAdmin get() {
    JobAdmin connected = admin;
    if (connected == null) {
      connected = JobAdmin.connect(config);
      admin = connected;
    }
    return connected;
  }

  void close() {
    if (admin != null) {
      admin.close();
    }
  }
}
