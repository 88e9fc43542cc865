package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The deletion of records that the job has not read yet, by the retention of their topic or by
 * hand.
 *
 * <p>There are two remedies: the setting {@code accept.deletion}, with which the job continues with
 * the first record that is left, and a reset.
 */
public final class RecordsDeletedException extends LostInputException {

  private static final long serialVersionUID = 1L;

  private final long beginningOffset;

  /**
   * Creates the exception with its message.
   *
   * @param stage the stage that reads the topic
   * @param committedOffset the offset from which the job would continue after its last commit
   * @param beginningOffset the beginning of the log now
   */
  public RecordsDeletedException(
      String stage,
      String topic,
      int partition,
      long committedOffset,
      long beginningOffset,
      @Nullable Throwable cause) {
    super(
        stage,
        topic,
        partition,
        committedOffset,
        "records were deleted before the job has read them (it has committed offset "
            + committedOffset
            + ", the log begins at offset "
            + beginningOffset
            + " now). Start with run --accept-deletion to go on from offset "
            + beginningOffset
            + " without them, or run reset to start over",
        cause);
    this.beginningOffset = beginningOffset;
  }

  /** {@return the offset of the first record that is left, or the end of an empty log} */
  public long beginningOffset() {
    return beginningOffset;
  }

  @Override
  public long nextOffset() {
    return beginningOffset;
  }
}
