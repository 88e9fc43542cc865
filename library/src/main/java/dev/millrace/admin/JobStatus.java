package dev.millrace.admin;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * How a job is doing: who works on it, and how far it has come.
 *
 * <p><b>Contract.</b> Instances report every few seconds, so what they say is that old; lag is as
 * of the question and comes from committed offsets alone.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job its name
 * @param phase whether it may run
 * @param resetEpoch how often it was reset
 * @param bounded whether it runs up to fixed ends
 * @param finished whether all of a bounded input is processed
 * @param instances every instance that has reported and not left in good order
 * @param stages its stages by name
 */
public record JobStatus(
    String job,
    JobPhase phase,
    int resetEpoch,
    boolean bounded,
    boolean finished,
    List<Instance> instances,
    List<Stage> stages) {

  /** Copies the lists. */
  public JobStatus {
    instances = List.copyOf(instances);
    stages = List.copyOf(stages);
  }

  /** {@return records that wait in inputs of all stages} */
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
   * @param state STARTING, RUNNING, STOPPING, STOPPED, FINISHED or FAILED
   * @param error what stopped it, or an empty text
   * @param reportedAt when it said so
   * @param alive whether the report is recent and is not of an end
   */
  public record Instance(
      String id,
      String host,
      long pid,
      String state,
      String error,
      Instant reportedAt,
      boolean alive) {}

  /**
   * A stage, over all instances that are alive.
   *
   * @param name its name
   * @param group its consumer group
   * @param isSource whether it reads from outside of the job
   * @param members members of that group
   * @param tasks all its tasks, by number
   * @param inputs what it reads, by topic and partition
   * @param restoreRemaining changelog records still to be replayed
   * @param recordsIn records processed since the instances started
   * @param recordsOut records written since then
   * @param lateRecords records dropped because their windows had closed
   * @param skippedRecords records dropped by the error policy
   * @param deadLetters records written to the dead-letter topic
   * @param abortedTransactions transactions given up
   */
  public record Stage(
      String name,
      String group,
      boolean isSource,
      int members,
      List<Task> tasks,
      List<Input> inputs,
      long restoreRemaining,
      long recordsIn,
      long recordsOut,
      long lateRecords,
      long skippedRecords,
      long deadLetters,
      long abortedTransactions) {

    /** Copies the lists. */
    public Stage {
      tasks = List.copyOf(tasks);
      inputs = List.copyOf(inputs);
    }

    /** {@return records that wait in its inputs} */
    public long totalLag() {
      return inputs.stream().mapToLong(input -> input.lag().orElse(0)).sum();
    }
  }

  /**
   * A task.
   *
   * @param number its number
   * @param instance who has it; empty if nobody
   * @param state RESTORING, ACTIVE, IDLE or FINISHED; if nobody has it and it is not finished,
   *     UNASSIGNED
   * @param watermarkMs its event-time watermark in milliseconds since the epoch; empty while
   *     unknown, {@code Long.MAX_VALUE} at the end of all input
   */
  public record Task(int number, String instance, String state, OptionalLong watermarkMs) {

    /** {@return whether somebody processes its records} */
    public boolean isRunning() {
      return !instance.isEmpty() && !state.equals("RESTORING");
    }
  }

  /**
   * One partition that a stage reads.
   *
   * @param topic the topic
   * @param partition the partition
   * @param committed the group's stable committed offset; empty if it has none
   * @param end the last stable offset of the partition; empty if the topic is gone
   * @param lag the difference; it may count a few transaction markers
   */
  public record Input(
      String topic, int partition, OptionalLong committed, OptionalLong end, OptionalLong lag) {}
}
