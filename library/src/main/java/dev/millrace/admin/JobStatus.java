package dev.millrace.admin;

import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The state of a job: who works on it, and how far it has come.
 *
 * <p><b>Contract.</b> Instances report every few seconds, so their reports may be that old; lag is
 * as of the call and comes from committed offsets alone.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job its name
 * @param phase whether it may run
 * @param resetEpoch how often it was reset
 * @param bounded whether it runs up to fixed ends
 * @param finished whether all of a bounded input is processed
 * @param paused whether it was paused as a whole, so that no source is read
 * @param pausedSources the sources that were paused each by itself
 * @param stopped whether it was stopped, so that no instance works on it before it is started
 * @param instances every instance that has reported within the last hour and has not left in good
 *     order
 * @param stages its stages by name
 */
public record JobStatus(
    String job,
    JobPhase phase,
    int resetEpoch,
    boolean bounded,
    boolean finished,
    boolean paused,
    List<String> pausedSources,
    boolean stopped,
    List<Instance> instances,
    List<Stage> stages) {

  /** Copies the lists. */
  public JobStatus {
    pausedSources = List.copyOf(pausedSources);
    instances = List.copyOf(instances);
    stages = List.copyOf(stages);
  }

  /** {@return the instances whose reports are recent and do not report an end} */
  public List<Instance> aliveInstances() {
    return instances.stream().filter(Instance::alive).toList();
  }

  /**
   * {@return records that wait in inputs of all stages, as far as that is known: see {@link
   * Stage#groupFailure}}
   */
  public long totalLag() {
    return stages.stream().mapToLong(Stage::totalLag).sum();
  }

  /** {@return changelog records still to be replayed before all tasks run} */
  public long restoreRemaining() {
    return stages.stream().mapToLong(Stage::restoreRemaining).sum();
  }

  /** {@return whether the job is done, or every task of it runs on an instance that is alive} */
  public boolean isHealthy() {
    return finished
        || (phase == JobPhase.READY
            && stages.stream().flatMap(stage -> stage.tasks().stream()).allMatch(Task::isRunning));
  }

  /**
   * An instance.
   *
   * @param id its name in reports and transactional ids
   * @param host where it runs
   * @param pid its process there
   * @param state its phase at its last report
   * @param error what stopped it, or an empty text
   * @param restarts how often its supervisor has started it again
   * @param lastFailure why the last time, with the time, or an empty text
   * @param reportedAt the time of its last report
   * @param alive whether the report is recent and is not of an end
   * @param sessionTimeout after how long its group would miss it if it died; empty if that is not
   *     known
   * @param tables the broadcast tables that it has
   * @param http where it serves HTTP, a URI as the instance reports it; empty if nowhere, or if its
   *     version does not report it
   */
  public record Instance(
      String id,
      String host,
      long pid,
      InstanceState state,
      String error,
      int restarts,
      String lastFailure,
      Instant reportedAt,
      boolean alive,
      Optional<Duration> sessionTimeout,
      List<Table> tables,
      Optional<String> http) {

    /** Copies the list. */
    public Instance {
      tables = List.copyOf(tables);
    }
  }

  /**
   * A broadcast table as an instance has it.
   *
   * @param name its name
   * @param topic the topic that it is read from
   * @param loaded whether all has been read that was there at the start; nothing looks it up before
   * @param rows its rows
   * @param bytes an estimate of the heap that they take
   * @param lag records of the topic that are still to be read, including those that cannot be read
   *     before an open transaction has ended
   * @param skippedRecords records that are no rows, dropped by the error policy
   */
  public record Table(
      String name,
      String topic,
      boolean loaded,
      long rows,
      long bytes,
      long lag,
      long skippedRecords) {}

  /**
   * A stage, over all instances that are alive.
   *
   * @param name its name
   * @param group its consumer group
   * @param isSource whether it reads from outside of the job
   * @param members members of that group; 0 if it could not be asked
   * @param tasks all its tasks, by number
   * @param inputs what it reads, by topic and partition
   * @param counters what the instances have counted since they started, and the sums of their
   *     present figures; 0 for what only instances of a later version report
   * @param awaitedTopics the topics of tables that a stream waits for before it is looked up in
   *     them; empty if there are none
   * @param heldBackBy the later stages for which a source is held back, until these have read more
   *     of what it has sent; empty if it is not
   * @param pace how often it commits; empty before it has
   * @param workers what its workers do; none of instances of an earlier version
   * @param groupFailure why the group could not be asked, a sentence that names it, so that neither
   *     its members nor its committed offsets are known; empty if it was
   */
  public record Stage(
      String name,
      String group,
      boolean isSource,
      int members,
      List<Task> tasks,
      List<Input> inputs,
      StageCounters counters,
      List<String> awaitedTopics,
      List<String> heldBackBy,
      Optional<CommitPace> pace,
      List<Worker> workers,
      Optional<String> groupFailure) {

    /** Copies the lists. */
    public Stage {
      heldBackBy = List.copyOf(heldBackBy);
      awaitedTopics = List.copyOf(awaitedTopics);
      tasks = List.copyOf(tasks);
      inputs = List.copyOf(inputs);
      workers = List.copyOf(workers);
    }

    /** {@return changelog records still to be replayed} */
    public long restoreRemaining() {
      return counters.value("restoreRemaining");
    }

    /** {@return transactions that were aborted} */
    public long abortedTransactions() {
      return counters.aborts();
    }

    /** {@return records that wait in its inputs, as far as that is known} */
    public long totalLag() {
      return inputs.stream().mapToLong(input -> input.lag().orElse(0)).sum();
    }
  }

  /**
   * A worker, one of an instance's threads for a stage.
   *
   * @param instance the instance
   * @param number its number among the workers of the stage there
   * @param phase what it does
   * @param since since when, by the clock of its machine
   */
  public record Worker(String instance, int number, Worker.Phase phase, Instant since) {

    /** The phase that a worker is in. */
    public enum Phase {
      /** It waits for Kafka, for tables that it looks up, or for its first tasks. */
      STARTING,
      /** It restores the rows of some of its tasks; its other tasks work. */
      RESTORING,
      /** Its tasks work. */
      RUNNING,
      /** Its source is not read: it was paused, or later stages do not keep up. */
      PAUSED,
      /** Its tasks do not work, since the system that a sink writes to keeps failing. */
      SUSPENDED,
      /** It commits for the last time and leaves. */
      CLOSING
    }
  }

  /**
   * A task.
   *
   * @param number its number
   * @param instance the instance that has it; empty if none
   * @param state its activity
   * @param watermark its event-time watermark; empty while unknown, {@link Instant#MAX} at the end
   *     of all input
   */
  public record Task(int number, String instance, Task.State state, Optional<Instant> watermark) {

    /** The activity of a task. */
    public enum State {
      /** No instance has it, and it is not finished. */
      UNASSIGNED,
      /** Its rows are being replayed from the changelog. */
      RESTORING,
      /** Records come, or did so until a moment ago. */
      ACTIVE,
      /** Read to its end, and silent for half of the idle timeout or longer. */
      IDLE,
      /**
       * A source that is not read: it was paused, later stages are overloaded, or other partitions
       * are slower.
       */
      PAUSED,
      /** A table that still reads what its topic had when the job was first started. */
      LOADING,
      /** Its stream is not read before the tables that it is looked up in are complete. */
      WAITING,
      /** Read to the end of a bounded run. */
      FINISHED
    }

    /** {@return whether an instance processes its records} */
    public boolean isRunning() {
      return !instance.isEmpty() && state != Task.State.RESTORING;
    }
  }

  /**
   * One partition that a stage reads.
   *
   * @param topic the topic
   * @param partition the partition
   * @param committed the group's stable committed offset; empty if it has none, or could not be
   *     asked
   * @param end the last stable offset of the partition; empty if the topic is gone, or the
   *     partition has no leader
   * @param lag the difference; it may count a few transaction markers
   */
  public record Input(
      String topic, int partition, OptionalLong committed, OptionalLong end, OptionalLong lag) {}
}
