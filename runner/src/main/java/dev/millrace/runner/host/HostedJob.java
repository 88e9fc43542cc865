package dev.millrace.runner.host;

import dev.millrace.JobPlan;
import dev.millrace.admin.InstanceState;
import dev.millrace.config.JobConfig;
import dev.millrace.metrics.JobMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A job as this process runs it: the port for whatever shows the job or is asked about it.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface HostedJob {

  /** {@return the job's name} */
  String name();

  /** {@return the effective settings} */
  JobConfig config();

  /** {@return how the job runs} */
  JobPlan plan();

  /** {@return the time at which this process took the job up} */
  Instant startedAt();

  /** {@return the name of this instance; empty until it has one} */
  Optional<String> instance();

  /** {@return the phase of this instance} */
  InstanceState state();

  /** {@return what stopped this instance, if it failed} */
  Optional<Throwable> failure();

  /** {@return how often this instance was started again by its supervisor, and why} */
  Restarts restarts();

  /** {@return for how long the slowest worker has been in one round of its loop} */
  Duration longestRound();

  /** {@return how long a round may take before the worker counts as one that hangs} */
  Duration longestRoundAllowed();

  /** {@return the counters of this instance; empty ones until it runs} */
  JobMetrics metrics();

  /** {@return the pace of this instance} */
  Activity activity();

  /**
   * {@return how the whole job does, over all instances, as of a second ago at most}
   *
   * @throws NoStatusException if Kafka does not answer soon, or has no status of the job
   */
  SeenStatus status() throws NoStatusException;
}
