package dev.millrace.internal.window;

import dev.millrace.internal.util.Saturating;

/**
 * Windows {@code [n * period + offset, n * period + offset + size)} that do not overlap: each is
 * one slice.
 *
 * @param sizeMs the length, at least 1
 * @param periodMs the distance between two starts, not below the size
 * @param offsetMs where the windows start, {@code 0 <= offset < period}
 */
record SeparateSlices(long sizeMs, long periodMs, long offsetMs) implements Slicing {

  @Override
  public long sliceEnd(long timeMs) {
    long into = sinceStart(timeMs);
    return into >= sizeMs ? GAP : Saturating.add(timeMs, sizeMs - into);
  }

  private long sinceStart(long timeMs) {
    return Math.floorMod(Math.floorMod(timeMs, periodMs) - offsetMs, periodMs);
  }

  @Override
  public long sliceStart(long sliceEnd) {
    return windowStart(sliceEnd);
  }

  @Override
  public long firstWindowEnd(long sliceEnd) {
    return sliceEnd;
  }

  @Override
  public long lastWindowEnd(long sliceEnd) {
    return sliceEnd;
  }

  @Override
  public long nextWindowEnd(long timeMs) {
    long untilEnd = sizeMs - sinceStart(timeMs);
    return Saturating.add(timeMs, untilEnd > 0 ? untilEnd : untilEnd + periodMs);
  }

  @Override
  public long windowStart(long windowEnd) {
    return windowEnd == Long.MAX_VALUE
        ? Saturating.floor(Long.MAX_VALUE, periodMs, offsetMs)
        : Saturating.subtract(windowEnd, sizeMs);
  }

  @Override
  public boolean overlaps() {
    return false;
  }

  @Override
  public long granularityMs() {
    return Saturating.commonDivisor(periodMs, Math.floorMod(offsetMs + sizeMs, periodMs));
  }
}
