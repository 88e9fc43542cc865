package dev.millrace.internal.window;

import dev.millrace.internal.util.Saturating;

/**
 * Overlapping windows {@code [n * slide, n * slide + size)}: slices as long as the greatest common
 * divisor of size and slide.
 *
 * <p>A window that would end beyond the end of time ends there; all of those are one.
 */
final class SlidingSlices implements Slicing {

  private final long sizeMs;
  private final long slideMs;
  private final long sliceMs;

  /** Where windows end, modulo the slide. */
  private final long phaseMs;

  SlidingSlices(long sizeMs, long slideMs) {
    this.sizeMs = sizeMs;
    this.slideMs = slideMs;
    this.sliceMs = Saturating.commonDivisor(sizeMs, slideMs);
    this.phaseMs = Math.floorMod(sizeMs, slideMs);
  }

  @Override
  public long sliceEnd(long timeMs) {
    return Saturating.add(timeMs, sliceMs - Math.floorMod(timeMs, sliceMs));
  }

  @Override
  public long sliceStart(long sliceEnd) {
    return Saturating.subtract(sliceEnd, sliceMs);
  }

  @Override
  public long firstWindowEnd(long sliceEnd) {
    long behind = Math.floorMod(Math.floorMod(sliceEnd, slideMs) - phaseMs, slideMs);
    return behind == 0 ? sliceEnd : Saturating.add(sliceEnd, slideMs - behind);
  }

  @Override
  public long lastWindowEnd(long sliceEnd) {
    long latest = Saturating.add(sliceEnd, sizeMs - sliceMs);
    return latest == Long.MAX_VALUE
        ? latest
        : Math.max(Saturating.floor(latest, slideMs, phaseMs), firstWindowEnd(sliceEnd));
  }

  @Override
  public long nextWindowEnd(long timeMs) {
    return firstWindowEnd(sliceEnd(timeMs));
  }

  @Override
  public long windowStart(long windowEnd) {
    return Saturating.subtract(windowEnd, sizeMs);
  }

  @Override
  public boolean overlaps() {
    return true;
  }

  @Override
  public long granularityMs() {
    return Saturating.commonDivisor(slideMs, phaseMs);
  }
}
