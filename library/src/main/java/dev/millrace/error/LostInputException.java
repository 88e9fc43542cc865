package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The loss of a part of the input that the job has not read, or has read and cannot read again: the
 * position that it has committed is not in the topic's log any more.
 *
 * <p>The remedies are the setting that accepts this kind of loss, and a reset.
 */
public abstract sealed class LostInputException extends MillraceException
    permits LogTruncatedException, RecordsDeletedException {

  private static final long serialVersionUID = 1L;

  private final String stage;
  private final String topic;
  private final int partition;
  private final long committedOffset;

  LostInputException(
      String stage,
      String topic,
      int partition,
      long committedOffset,
      String loss,
      @Nullable Throwable cause) {
    super(
        "Cannot go on reading topic "
            + topic
            + ", partition "
            + partition
            + ", in stage '"
            + stage
            + "': "
            + loss,
        Place.ofPartition(topic, partition).withStage(stage).withOffset(committedOffset),
        cause);
    this.stage = stage;
    this.topic = topic;
    this.partition = partition;
    this.committedOffset = committedOffset;
  }

  /** {@return the stage that reads the topic} */
  public String stage() {
    return stage;
  }

  /** {@return the topic} */
  public String topic() {
    return topic;
  }

  /** {@return the partition} */
  public int partition() {
    return partition;
  }

  /** {@return the offset from which the job would continue after its last commit} */
  public long committedOffset() {
    return committedOffset;
  }

  /** {@return the offset from which the job continues if the loss is accepted} */
  public abstract long nextOffset();
}
