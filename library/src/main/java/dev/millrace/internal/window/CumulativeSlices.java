package dev.millrace.internal.window;

import dev.millrace.internal.util.Saturating;

/**
 * Windows that grow by steps from multiples of a size: a slice is a step, and a window all steps
 * since the last multiple.
 *
 * @param stepMs the step, at least 1
 * @param sizeMs the longest window, a multiple of the step
 */
record CumulativeSlices(long stepMs, long sizeMs) implements Slicing {

  @Override
  public long sliceEnd(long timeMs) {
    return Saturating.add(timeMs, stepMs - Math.floorMod(timeMs, stepMs));
  }

  @Override
  public long sliceStart(long sliceEnd) {
    return Saturating.subtract(sliceEnd, stepMs);
  }

  @Override
  public long firstWindowEnd(long sliceEnd) {
    return sliceEnd;
  }

  @Override
  public long lastWindowEnd(long sliceEnd) {
    return Saturating.add(windowStart(sliceEnd), sizeMs);
  }

  @Override
  public long nextWindowEnd(long timeMs) {
    return sliceEnd(timeMs);
  }

  @Override
  public long windowStart(long windowEnd) {
    return Saturating.floor(Saturating.subtract(windowEnd, 1), sizeMs, 0);
  }

  @Override
  public boolean overlaps() {
    return sizeMs > stepMs;
  }

  @Override
  public long granularityMs() {
    return stepMs;
  }
}
