package dev.millrace;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.internal.launch.Instance;
import dev.millrace.internal.launch.PublicMetrics;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.query.TaskCheckpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
   * {@return what each of the instance's workers does, and since when, by stage; none once it has
   * ended} It does not ask Kafka; {@link JobAdmin#status} has the workers of all instances.
   */
  public Map<String, List<JobStatus.Worker>> workers() {
    return instance.workerPhases();
  }

  /** {@return all stores of the job, and why some of them cannot be asked} */
  public List<StateStoreInfo> stores() {
    return instance.queries().stores();
  }

  /**
   * {@return the query of a store, as far as its tasks are on this instance}
   *
   * @param store the name of the step that keeps it; for a state of a process function, step and
   *     state with a dot between; where several stages have one of that name, with the stage's name
   *     and a slash before it
   * @throws dev.millrace.error.ConfigurationException if there is no such store, or if its rows are
   *     for the engine's own use
   */
  public StateQuery<Object, Object> query(String store) {
    return query(store, Object.class, Object.class);
  }

  /**
   * {@return the same for keys and values of these types}
   *
   * @throws dev.millrace.error.ConfigurationException also if they are of other types
   */
  public <K, V> StateQuery<K, V> query(String store, Class<K> keyType, Class<V> valueType) {
    return instance.queries().of(store, keyType, valueType);
  }

  /**
   * {@return the same with keys and values as JSON} Keys whose JSON is a string (text, UUIDs,
   * times, enums, bytes) are without quotes.
   *
   * @throws dev.millrace.error.ConfigurationException if there is no such store, or if its rows are
   *     for the engine's own use
   */
  public StateQuery<String, String> queryJson(String store) {
    return instance.queries().json(store);
  }

  /**
   * Commits at once what the tasks on this instance have processed, whatever the commit interval,
   * and writes their state to disk; returns when both are done. If the process is killed
   * afterwards, nothing that was committed by then has to be restored on this machine.
   *
   * <p>No job needs this to be correct: it commits by itself. Use it before you take a machine away
   * or look at what was written. Sinks get their results earlier than they ask for, so files become
   * smaller.
   *
   * @param atMost how long to wait
   * @return what each task has committed; a task that left this instance meanwhile is not there
   * @throws dev.millrace.error.StateUnavailableException if a task is being restored, or does not
   *     commit in time
   * @throws dev.millrace.error.StateStoreException if the disk refuses the state; what was
   *     committed is safe in Kafka
   */
  public List<TaskCheckpoint> checkpoint(Duration atMost) {
    return instance.checkpoints().take(atMost);
  }

  /**
   * Notes that a supervisor has started this instance again; its reports and {@code status} then
   * show it.
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
