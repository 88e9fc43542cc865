package dev.millrace.internal.spec;

import dev.millrace.function.TimestampFunction;
import org.jspecify.annotations.Nullable;

/**
 * The settings that every source has: how event times and watermarks are made.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param eventTime reads a record's event time; null if the source's own timestamp counts
 * @param watermarks the strategy; null if windows go by processing time
 */
public record SourceTimes(
    @Nullable TimestampFunction<?> eventTime, @Nullable WatermarkStrategy watermarks) {

  /** The times of a source without event time and watermarks. */
  public static final SourceTimes NONE = new SourceTimes(null, null);

  /** {@return this with another function} */
  public SourceTimes withEventTime(TimestampFunction<?> function) {
    return new SourceTimes(function, watermarks);
  }

  /** {@return this with another strategy} */
  public SourceTimes withWatermarks(WatermarkStrategy strategy) {
    return new SourceTimes(eventTime, strategy);
  }

  /** {@return whether nothing was set that decides which time counts} */
  public boolean areUnset() {
    return eventTime == null && watermarks == null;
  }

  /** {@return whether records have watermarks} */
  public boolean hasWatermarks() {
    return watermarks != null;
  }
}
