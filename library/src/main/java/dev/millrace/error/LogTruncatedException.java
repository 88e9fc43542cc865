package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * A truncation of a topic's log before a position that the job has committed, as happens in an
 * unclean leader election: records that the job has read are gone, and others may be in their
 * place.
 *
 * <p>There are two remedies: the setting {@code accept.truncation}, with which the job continues
 * from where the log was cut off and keeps state and results, and a reset.
 */
public final class LogTruncatedException extends LostInputException {

  private static final long serialVersionUID = 1L;

  private final long truncatedTo;

  /**
   * Creates the exception with its message.
   *
   * @param stage the stage that reads the topic
   * @param committedOffset the offset from which the job would continue after its last commit
   * @param truncatedTo where the log was cut off; what stands there now was written afterwards
   * @param endOffset the end of the log now
   */
  public LogTruncatedException(
      String stage,
      String topic,
      int partition,
      long committedOffset,
      long truncatedTo,
      long endOffset,
      @Nullable Throwable cause) {
    super(
        stage,
        topic,
        partition,
        committedOffset,
        "its log was cut off at offset "
            + truncatedTo
            + ", before offset "
            + committedOffset
            + " that the job has committed (the log ends at offset "
            + endOffset
            + " now). Start with run --accept-truncation to go on from offset "
            + truncatedTo
            + " with state and results as they are, or run reset to start over",
        cause);
    this.truncatedTo = truncatedTo;
  }

  /** {@return where the log was cut off; what stands there now was written afterwards} */
  public long truncatedTo() {
    return truncatedTo;
  }

  @Override
  public long nextOffset() {
    return truncatedTo;
  }
}
