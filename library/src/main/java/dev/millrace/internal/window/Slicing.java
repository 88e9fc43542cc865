package dev.millrace.internal.window;

import java.util.Optional;

/**
 * The arithmetic by which windows are made up of slices. Slices and windows are named by their
 * ends.
 *
 * <p>All times are milliseconds since the epoch; arithmetic saturates at both ends of the 64-bit
 * range, so that {@link Long#MAX_VALUE} is an end after all others.
 *
 * <p><b>Threads.</b> Confined to one thread: an instance may remember its last result.
 */
public interface Slicing {

  /** Stands for the slice of a time that belongs to no window. */
  long GAP = Long.MIN_VALUE;

  /** {@return the end of the slice that a time falls into, or {@link #GAP}} */
  long sliceEnd(long timeMs);

  /** {@return the first time of the slice that ends there} */
  long sliceStart(long sliceEnd);

  /** {@return the end of the first window that has the slice} */
  long firstWindowEnd(long sliceEnd);

  /** {@return the end of the last window that has the slice} */
  long lastWindowEnd(long sliceEnd);

  /** {@return the end of the first window that ends after a time, which may itself be an end} */
  long nextWindowEnd(long timeMs);

  /** {@return the start of the window that ends there} */
  long windowStart(long windowEnd);

  /** {@return whether a slice can belong to several windows} */
  boolean overlaps();

  /** {@return a common divisor of all window ends, in milliseconds} */
  long granularityMs();

  /** {@return the arithmetic of a kind of window; empty for those that are not made of slices} */
  static Optional<Slicing> of(WindowKind spec) {
    if (spec instanceof WindowKind.Tumbling tumbling) {
      return Optional.of(
          new SeparateSlices(tumbling.sizeMs(), tumbling.sizeMs(), tumbling.offsetMs()));
    }
    if (spec instanceof WindowKind.Sliding sliding) {
      return Optional.of(
          sliding.slideMs() < sliding.sizeMs()
              ? new SlidingSlices(sliding.sizeMs(), sliding.slideMs())
              : new SeparateSlices(sliding.sizeMs(), sliding.slideMs(), 0));
    }
    if (spec instanceof WindowKind.Cumulative cumulative) {
      return Optional.of(new CumulativeSlices(cumulative.stepMs(), cumulative.sizeMs()));
    }
    if (spec instanceof WindowKind.Calendar calendar) {
      return Optional.of(new CalendarSlices(calendar.unit(), calendar.zone()));
    }
    return Optional.empty();
  }
}
