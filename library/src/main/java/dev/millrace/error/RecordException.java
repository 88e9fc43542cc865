package dev.millrace.error;

import java.io.Serializable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One record cannot be decoded, processed or produced under the policy FAIL; the message has its
 * coordinates.
 */
public final class RecordException extends MillraceException {

  private static final long serialVersionUID = 1L;

  private final @Nullable Coordinates coordinates;

  /**
   * The place of the record that a stage was processing. In a stage after a shuffle that is a frame
   * of many records, in the shuffle's topic.
   *
   * @param stage the stage
   * @param topic the topic that the stage reads
   * @param partition the partition of the topic
   * @param offset the offset in the partition
   */
  public record Coordinates(String stage, String topic, int partition, long offset)
      implements Serializable {}

  /** Creates the exception with a whole sentence as its message. */
  public RecordException(String message) {
    this(message, null, null);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public RecordException(String message, @Nullable Throwable cause) {
    this(message, null, cause);
  }

  /** Creates the exception with a whole sentence as its message, the record's place and a cause. */
  public RecordException(
      String message, @Nullable Coordinates coordinates, @Nullable Throwable cause) {
    super(message, cause);
    this.coordinates = coordinates;
  }

  /** {@return where the record is; empty if the failure belongs to no single input record} */
  public Optional<Coordinates> coordinates() {
    return Optional.ofNullable(coordinates);
  }
}
