package dev.millrace.internal.time;

import dev.millrace.internal.util.MalformedBytesException;

/**
 * The status that a channel (an upstream partition) reports with its watermark.
 *
 * <p><b>Threads.</b> Immutable.
 */
public enum ChannelStatus {
  /** Records may come; the channel takes part in the minimum. */
  ACTIVE(0),
  /**
   * No record came for a while and none is waiting; the channel is left out of the minimum, after
   * the grace that {@link WatermarkCombiner} gives it.
   */
  IDLE(1),
  /** No record will come again in this run of the job. */
  FINISHED(2),
  /**
   * Like ACTIVE; among the records that are still to come are rows that stood in the topics of
   * tables when the job was first started. A channel that has reported another status once does not
   * go back to this one.
   */
  LOADING(3);

  private final int code;

  ChannelStatus(int code) {
    this.code = code;
  }

  /** {@return the number that stands for this status in every format; it never changes} */
  public int code() {
    return code;
  }

  /** {@return whether records may come, so that the channel takes part in the minimum} */
  public boolean isActive() {
    return this == ACTIVE || this == LOADING;
  }

  /** {@return the status of a code read from bytes} */
  public static ChannelStatus ofCode(int code) {
    return switch (code) {
      case 0 -> ACTIVE;
      case 1 -> IDLE;
      case 2 -> FINISHED;
      case 3 -> LOADING;
      default ->
          throw new MalformedBytesException(
              "Cannot read a channel status: code " + code + " is none of 0, 1, 2, 3");
    };
  }
}
