package dev.millrace.runner.host;

import dev.millrace.JobPlan;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.query.TaskCheckpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A job as this process runs it: the port for everything that shows the job or answers questions
 * about it.
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

  /** {@return what each worker of this instance does, by stage; none unless it is at work} */
  Map<String, List<JobStatus.Worker>> workers();

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

  /**
   * Orders something of the job, whose instances all obey; returns when the order is durable.
   *
   * @param source the source that is to pause or to be resumed; empty for the job as a whole
   * @throws KafkaSilentException if Kafka does not take it soon
   * @throws dev.millrace.error.ConfigurationException if the job has no such source
   */
  void order(JobOrder order, Optional<String> source) throws KafkaSilentException;

  /**
   * {@return all stores of the job, and why some of them cannot be asked}
   *
   * @throws dev.millrace.error.StateUnavailableException if the instance has not started
   */
  List<StateStoreInfo> stores();

  /**
   * {@return the query of a store with keys and values as JSON, as far as its tasks are here}
   *
   * @param store the stage and the store, with a slash between
   * @throws dev.millrace.error.StateUnavailableException if the instance has not started
   * @throws dev.millrace.error.ConfigurationException if there is no such store, or it is for the
   *     engine's own use
   */
  StateQuery<String, String> query(String store);

  /**
   * {@return what each task that is here has committed, at once, and has on disk}
   *
   * @throws dev.millrace.error.StateUnavailableException if the instance has not started, or a task
   *     is being restored or does not commit in time
   * @throws dev.millrace.error.StateStoreException if the disk refuses the state
   */
  List<TaskCheckpoint> checkpoint(Duration atMost);

  /**
   * {@return dead letters of the job}
   *
   * @throws KafkaSilentException if Kafka does not answer soon
   * @throws dev.millrace.error.ConfigurationException if there is no such partition
   */
  Letters letters(LetterRange range) throws KafkaSilentException;

  /**
   * {@return the newest records of a topic, in a form for people; none if the topic is not there}
   *
   * @param partition the only partition; empty for all
   * @param limit how many records at most
   * @throws KafkaSilentException if Kafka does not answer soon, or too many ask at the moment
   * @throws dev.millrace.error.MillraceException if the topic has no such partition
   */
  PeekedRecords newestRecords(String topic, OptionalInt partition, int limit)
      throws KafkaSilentException;
}
