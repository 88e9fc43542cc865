package dev.millrace;

import dev.millrace.admin.DeletionPlan;
import dev.millrace.admin.Eviction;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobSummary;
import dev.millrace.admin.LetterFilter;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.admin.ReplayPlan;
import dev.millrace.admin.ReplayRequest;
import dev.millrace.admin.ReplayResult;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.StoredLetter;
import dev.millrace.config.JobConfig;
import dev.millrace.internal.admin.Administration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * The administration of a cluster's jobs without their programs: list, status, peek, reset, delete,
 * the replay of dead letters, and the eviction of instances that are dead.
 *
 * <p><b>Contract.</b> Needs nothing but the connection settings. Nothing is changed except by
 * {@link #reset}, {@link #delete}, {@link #evict}, {@link #pause(String)}, {@link #resume(String)},
 * their variants for one source, {@link #stop}, {@link #start}, {@link #replay}, and {@link
 * #createMissingTopics}.
 *
 * <p><b>Threads.</b> Safe for any thread. Calls run side by side, each with consumers of its own;
 * resets, deletions and replays follow one another.
 *
 * <p><b>Errors.</b> {@link dev.millrace.error.KafkaUnreachableException} where no broker answers;
 * {@link dev.millrace.error.ConfigurationException} for a job or topic that does not exist; {@link
 * dev.millrace.error.MissingRightException} for what the principal may not do.
 *
 * <p><b>Example.</b> {@code admin.reset(admin.planReset("wordcount", ResetRequest.to(new
 * ResetTarget.Earliest())))}
 */
public final class JobAdmin implements AutoCloseable {

  private final Administration administration;

  private JobAdmin(Administration administration) {
    this.administration = administration;
  }

  /** {@return an admin for the cluster that the settings name; nothing is sent yet} */
  public static JobAdmin connect(JobConfig config) {
    return new JobAdmin(Administration.connect(config));
  }

  /**
   * {@return all jobs that have ever been started in the cluster and are not deleted} Those whose
   * topics nobody leads at present are left out, with a warning in the log.
   */
  public List<JobSummary> jobs() {
    return administration.jobs();
  }

  /**
   * {@return how a job is doing} The coordinator of a stage's group may be away: then the rest is
   * reported, and {@link JobStatus.Stage#groupFailure} says so.
   */
  public JobStatus status(String job) {
    return administration.status(job);
  }

  /**
   * {@return what a reset would do; nothing is done} If an earlier reset was interrupted, the plan
   * completes that one, whatever the request.
   *
   * @throws dev.millrace.error.JobActiveException while instances of the job are active
   */
  public ResetPlan planReset(String job, ResetRequest request) {
    return administration.planReset(job, request);
  }

  /**
   * Does what was planned: moves the offsets of sources, deletes state and everything between the
   * stages. Output topics and files stay as they are. The next start deploys its program, whose
   * stages may differ from the last.
   *
   * <p>If it is interrupted, the job cannot be started until a further reset has completed it.
   *
   * @throws dev.millrace.error.JobActiveException while instances of the job are active
   * @throws dev.millrace.error.JobStateException if the job was started or reset since the plan
   */
  public void reset(ResetPlan plan) {
    administration.reset(plan);
  }

  /**
   * {@return the groups and topics that a deletion of the job would delete; nothing is done}
   *
   * @throws dev.millrace.error.JobActiveException while instances of the job are active
   */
  public DeletionPlan planDeletion(String job) {
    return administration.planDeletion(job);
  }

  /**
   * Deletes a job: its groups, its state and all topics of its own. Sources, sinks, dead letters
   * and files stay, as do directories of local state, which the next job of that name does not use.
   *
   * <p>If it is interrupted, a further deletion completes it.
   *
   * @throws dev.millrace.error.JobActiveException while instances of the job are active, or if the
   *     job was started or reset since the plan
   */
  public void delete(DeletionPlan plan) {
    administration.delete(plan);
  }

  /**
   * Removes an instance that is dead from the groups of its job, and ends the transactions that it
   * left open, so that its tasks go on elsewhere, or in the instance that takes its place, without
   * waiting for {@code session.timeout} and {@code transaction.timeout}.
   *
   * <p>The caller has to know that it is dead, for example because its process has ended. An
   * instance that is alive loses its tasks, joins again, and what it had not committed is repeated
   * elsewhere: that costs time, never data. Under {@code membership=consumer}, where Kafka can only
   * remove all members of a group, the other instances pay the same price.
   *
   * @param instance its name, as in {@link RunningJob#instanceId} and {@link
   *     dev.millrace.admin.JobStatus.Instance#id}
   * @return what was left of it; possibly nothing, if it had left by itself
   */
  public Eviction evict(String job, String instance) {
    return administration.evict(job, instance);
  }

  /**
   * Pauses a job: no source is read until {@link #resume(String)}. What is under way is processed
   * and committed, and so is what later stages have not read yet; timers of processing time still
   * fire. Event time stands still, without making any window or record late.
   *
   * <p>Returns when the order is durable. Instances obey within five seconds, and show it as {@link
   * dev.millrace.admin.JobStatus.Task.State#PAUSED}. The pause outlives them, a new version of the
   * program and a reset; {@link #delete} ends it.
   */
  public void pause(String job) {
    administration.pause(job, Optional.empty());
  }

  /**
   * Pauses one source of a job, as {@link #pause(String)} does with all.
   *
   * @param source its name, which is also its stage's
   */
  public void pause(String job, String source) {
    administration.pause(job, Optional.of(source));
  }

  /**
   * Takes back the order of {@link #pause(String)}, if there is one: sources continue from where
   * they were. Sources that were paused individually stay paused.
   */
  public void resume(String job) {
    administration.resume(job, Optional.empty());
  }

  /**
   * Takes back the order of {@link #pause(String, String)}, if there is one. While the job as a
   * whole is paused, the source is not read either.
   */
  public void resume(String job, String source) {
    administration.resume(job, Optional.of(source));
  }

  /**
   * Stops a job: all its instances commit, leave their groups and end as after {@link
   * RunningJob#close}, within five seconds of the order and {@code shutdown.timeout}; those that
   * start refuse to, with a {@link dev.millrace.error.JobStoppedException}, until {@link #start}. A
   * job that is stopped can be reset, and its state and topics stay as they are.
   *
   * <p>Returns when the order is durable, not when all have obeyed: see {@link JobStatus#stopped}
   * and the members of its stages. The order outlives instances, a new version of the program and a
   * reset; {@link #delete} ends it. Processes of {@code runner.jar} stay, and start the job again
   * when the order is taken back; other programs decide for themselves.
   */
  public void stop(String job) {
    administration.stop(job);
  }

  /** Takes back the order of {@link #stop}, if there is one; starts no process. */
  public void start(String job) {
    administration.start(job);
  }

  /**
   * Reads the dead letters of a job in a readable form, in the order of each partition, those that
   * are dealt with included. The job's topic of dead letters is that of the settings ({@code
   * errors.topic}).
   *
   * @param reader gets every letter that the filter takes; returns whether to go on. It is called
   *     by the thread that calls this method
   */
  public void deadLetters(String job, LetterFilter filter, Predicate<StoredLetter> reader) {
    administration.letters(job, filter, reader);
  }

  /** {@return what a replay of dead letters would do; nothing is done} */
  public ReplayPlan planReplay(String job, ReplayRequest request) {
    return administration.planReplay(job, request);
  }

  /**
   * Puts the records of dead letters back into the topics that they came from: each with its key,
   * value, headers, timestamp and partition, at the end of that partition, whether the job runs or
   * not. Letters that were written since the plan are included.
   *
   * <p>Each letter is replayed once, even if the replay, or its process, is interrupted and run
   * again. Letters that the filter of the request leaves out, or its limit, stay for a later
   * replay. What reads the topics besides the step that failed, in this job or elsewhere, reads the
   * records a second time.
   *
   * @throws dev.millrace.error.JobStateException if another replay of the job's letters has begun
   *     meanwhile, which continues from where this one was
   */
  public ReplayResult replay(ReplayPlan plan) {
    return administration.replay(plan);
  }

  /**
   * Reads records of any topic in a readable form: frames with their entries, rows of state, commit
   * frames, and the records of meta and status topics; other topics as JSON, text or hexadecimal.
   * Only committed records are read.
   *
   * @param reader gets every record, in the order of each partition; returns whether to go on. It
   *     is called by the thread that calls this method
   */
  public void peek(String topic, PeekRequest request, Predicate<PeekedRecord> reader) {
    administration.peek(topic, request, reader);
  }

  /** {@return the number of partitions of a topic; empty if there is no such topic} */
  public OptionalInt partitions(String topic) {
    return administration.partitions(topic);
  }

  /**
   * Creates topics with the broker's default settings, unless they exist.
   *
   * @param partitions how many each of them gets
   * @return those that were created
   */
  public List<String> createMissingTopics(Collection<String> topics, int partitions) {
    return administration.createMissingTopics(topics, partitions);
  }

  /**
   * Closes the connections, and returns without waiting for calls of other threads: these end with
   * a {@link dev.millrace.error.MillraceException} that gives this as the reason, as do later ones.
   * A reset or a deletion that was under way is completed by the next one.
   */
  @Override
  public void close() {
    administration.close();
  }
}
