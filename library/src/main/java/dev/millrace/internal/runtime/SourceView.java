package dev.millrace.internal.runtime;

import dev.millrace.internal.time.Watermarks;
import java.util.OptionalLong;

/**
 * A source partition as other threads see it.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param watermarkMs its watermark, milliseconds since the epoch; {@link Long#MIN_VALUE} if unknown
 * @param watermarkAgeNanos how long the watermark has stood still
 * @param lag records to the end, as far as the consumer knows
 */
public record SourceView(State state, long watermarkMs, long watermarkAgeNanos, OptionalLong lag) {

  /** The part that the partition has in event time. */
  public enum State {
    ACTIVE,
    IDLE,
    /**
     * Held back by order, or because stages downstream lag or other partitions' event time does.
     */
    PAUSED,
    FINISHED
  }

  /** {@return whether the watermark is known} */
  public boolean hasWatermark() {
    return watermarkMs != Watermarks.UNKNOWN;
  }
}
