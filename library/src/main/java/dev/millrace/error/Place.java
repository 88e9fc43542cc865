package dev.millrace.error;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The place in a job and in its topics that an exception is about, as data: the part of its message
 * that programs need to show, count or route failures.
 *
 * <p><b>Contract.</b> Each part is there if it is known, independently of the others; a partition
 * belongs to the topic, an offset to the partition, a task and a step to the stage. In a stage
 * after a shuffle the topic is the shuffle's, and at the offset is a frame of many records.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Example.</b> {@code failure.place().topic().ifPresent(topic -> alert(topic))}
 */
public final class Place implements Serializable {

  /** The place of which nothing is known. */
  public static final Place UNKNOWN = new Place(null, null, null, null, null, null, null);

  private static final long serialVersionUID = 1L;

  private final @Nullable String job;
  private final @Nullable String stage;
  private final @Nullable String step;
  private final @Nullable Integer task;
  private final @Nullable String topic;
  private final @Nullable Integer partition;
  private final @Nullable Long offset;

  private Place(
      @Nullable String job,
      @Nullable String stage,
      @Nullable String step,
      @Nullable Integer task,
      @Nullable String topic,
      @Nullable Integer partition,
      @Nullable Long offset) {
    this.job = job;
    this.stage = stage;
    this.step = step;
    this.task = task;
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
  }

  /** {@return a job} */
  public static Place ofJob(String job) {
    return UNKNOWN.withJob(job);
  }

  /** {@return a stage of a job that is named later, or not at all} */
  public static Place ofStage(String stage) {
    return UNKNOWN.withStage(stage);
  }

  /** {@return a step of a job that is named later, or not at all} */
  public static Place ofStep(String step) {
    return UNKNOWN.withStep(step);
  }

  /** {@return a topic} */
  public static Place ofTopic(String topic) {
    return UNKNOWN.withTopic(topic);
  }

  /** {@return a partition of a topic} */
  public static Place ofPartition(String topic, int partition) {
    return UNKNOWN.withTopic(topic).withPartition(partition);
  }

  /** {@return the same place, in this job} */
  public Place withJob(String newJob) {
    return new Place(newJob, stage, step, task, topic, partition, offset);
  }

  /** {@return the same place, in this stage} */
  public Place withStage(String newStage) {
    return new Place(job, newStage, step, task, topic, partition, offset);
  }

  /** {@return the same place, in this step of the program} */
  public Place withStep(String newStep) {
    return new Place(job, stage, newStep, task, topic, partition, offset);
  }

  /** {@return the same place, in the task of this number} */
  public Place withTask(int newTask) {
    return new Place(job, stage, step, newTask, topic, partition, offset);
  }

  /** {@return the same place, in this topic} */
  public Place withTopic(String newTopic) {
    return new Place(job, stage, step, task, newTopic, partition, offset);
  }

  /** {@return the same place, in the topic's partition of this number} */
  public Place withPartition(int newPartition) {
    return new Place(job, stage, step, task, topic, newPartition, offset);
  }

  /** {@return the same place, at this offset of the partition} */
  public Place withOffset(long newOffset) {
    return new Place(job, stage, step, task, topic, partition, newOffset);
  }

  /**
   * {@return this place, with the parts that it does not have taken from another one}
   *
   * <p>This one takes precedence: parts of the other that belong to another stage, topic or
   * partition are left out.
   */
  public Place orElse(Place other) {
    boolean sameStage = agree(stage, other.stage);
    boolean sameTopic = agree(topic, other.topic);
    boolean samePartition = sameTopic && agree(partition, other.partition);
    return new Place(
        either(job, other.job),
        either(stage, other.stage),
        sameStage ? either(step, other.step) : step,
        sameStage ? either(task, other.task) : task,
        either(topic, other.topic),
        sameTopic ? either(partition, other.partition) : partition,
        samePartition ? either(offset, other.offset) : offset);
  }

  private static boolean agree(@Nullable Object one, @Nullable Object other) {
    return one == null || one.equals(other);
  }

  private static <T> @Nullable T either(@Nullable T one, @Nullable T other) {
    return one == null ? other : one;
  }

  /** {@return the job's name} */
  public Optional<String> job() {
    return Optional.ofNullable(job);
  }

  /** {@return the stage's name} */
  public Optional<String> stage() {
    return Optional.ofNullable(stage);
  }

  /** {@return the name of the step of the program, which may be a source or a sink} */
  public Optional<String> step() {
    return Optional.ofNullable(step);
  }

  /** {@return the task of the stage, which is also the number of its inputs' partitions} */
  public OptionalInt task() {
    return task == null ? OptionalInt.empty() : OptionalInt.of(task);
  }

  /** {@return the topic} */
  public Optional<String> topic() {
    return Optional.ofNullable(topic);
  }

  /** {@return the partition of the topic} */
  public OptionalInt partition() {
    return partition == null ? OptionalInt.empty() : OptionalInt.of(partition);
  }

  /** {@return the offset in the partition} */
  public OptionalLong offset() {
    return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Place that
        && Objects.equals(job, that.job)
        && Objects.equals(stage, that.stage)
        && Objects.equals(step, that.step)
        && Objects.equals(task, that.task)
        && Objects.equals(topic, that.topic)
        && Objects.equals(partition, that.partition)
        && Objects.equals(offset, that.offset);
  }

  @Override
  public int hashCode() {
    return Objects.hash(job, stage, step, task, topic, partition, offset);
  }

  /** {@return the parts that are known, as in {@code job sums, stage words, task 3}} */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    add(parts, "job", job);
    add(parts, "stage", stage);
    add(parts, "step", step);
    add(parts, "task", task);
    add(parts, "topic", topic);
    add(parts, "partition", partition);
    add(parts, "offset", offset);
    return parts.isEmpty() ? "unknown" : String.join(", ", parts);
  }

  private static void add(List<String> parts, String name, @Nullable Object value) {
    if (value != null) {
      parts.add(name + " " + value);
    }
  }
}
