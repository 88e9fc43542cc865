package dev.millrace;

import dev.millrace.admin.InstanceState;
import dev.millrace.internal.launch.Instance;
import dev.millrace.internal.launch.PublicMetrics;
import dev.millrace.metrics.JobMetrics;
import java.time.Duration;
import java.util.Optional;

/**
 * A handle on one running instance of a job.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class RunningJob implements AutoCloseable {

  private final Instance instance;

  RunningJob(Instance instance) {
    this.instance = instance;
  }

  /** {@return the phase that the instance is in; why it failed is in {@link #failure}} */
  public InstanceState state() {
    return instance.state();
  }

  /** {@return the instance's name in reports and transactional ids} */
  public String instanceId() {
    return instance.instanceId();
  }

  /** {@return what stopped the instance, if it failed} */
  public Optional<Throwable> failure() {
    return instance.failure();
  }

  /** {@return what this instance measures, as of about now} */
  public JobMetrics metrics() {
    return PublicMetrics.of(instance);
  }

  /**
   * {@return for how long the slowest of the instance's workers has been in one round of its loop}
   * Rounds take milliseconds, or as long as a function or a call to Kafka in them; much more than
   * that means that a worker hangs. Zero before the first round and after the last.
   */
  public Duration longestRound() {
    return instance.longestRound();
  }

  /**
   * Notes that whoever looks after this instance has started it again; its reports and {@code
   * status} then show it.
   *
   * @param times how often, from 0
   * @param lastFailure why the last time, in one line; an empty text if that is not known
   */
  public void noteRestarts(int times, String lastFailure) {
    instance.noteRestarts(times, lastFailure);
  }

  /** Waits until the instance has ended, in whatever way; returns false if the time is up first. */
  public boolean awaitTermination(Duration atMost) throws InterruptedException {
    return instance.awaitEnd(atMost);
  }

  /** Commits, leaves the groups and waits for the end; harmless if the instance has ended. */
  @Override
  public void close() {
    instance.close();
  }
}
