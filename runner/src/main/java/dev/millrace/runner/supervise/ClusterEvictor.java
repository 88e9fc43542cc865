package dev.millrace.runner.supervise;

import dev.millrace.JobAdmin;
import dev.millrace.config.JobConfig;

/**
 * The eviction through the cluster's admin interface; a connection is made for each, since there
 * should be few.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param config the settings of the instance
 */
record ClusterEvictor(JobConfig config) implements Evictor {

  @Override
  public void evict(String job, String instance) {
    try (JobAdmin admin = JobAdmin.connect(config)) {
      admin.evict(job, instance);
    }
  }
}
