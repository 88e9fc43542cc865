package dev.millrace.internal.runtime;

import dev.millrace.internal.time.Watermarks;
import java.util.OptionalLong;

/**
 * What a source partition looks like from outside.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param watermarkMs its watermark, milliseconds since the epoch; {@link Long#MIN_VALUE} if unknown
 * @param watermarkAgeNanos how long the watermark has stood still
 * @param lag records to the end, as far as the consumer knows
 */
public record SourceView(State state, long watermarkMs, long watermarkAgeNanos, OptionalLong lag) {

  /** Whether the partition moves time. */
  public enum State {
    ACTIVE,
    IDLE,
    /** Held back, because of what follows or because others are behind. */
    PAUSED,
    FINISHED
  }

  /** {@return whether the watermark is known} */
  public boolean hasWatermark() {
    return watermarkMs != Watermarks.UNKNOWN;
  }
}
