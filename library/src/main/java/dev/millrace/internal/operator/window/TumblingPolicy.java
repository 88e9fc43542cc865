package dev.millrace.internal.operator.window;

/**
 * The arithmetic of tumbling windows {@code [start, start + size)}, correct for negative times and
 * saturating at both ends of the 64-bit range.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param sizeMs the length, at least 1
 * @param offsetMs where the windows start, {@code 0 <= offset < size}
 */
public record TumblingPolicy(long sizeMs, long offsetMs) {

  /** {@return the start of the window that a time falls into} */
  public long start(long timeMs) {
    long into = Math.floorMod(Math.floorMod(timeMs, sizeMs) - offsetMs, sizeMs);
    long start = timeMs - into;
    return start > timeMs ? Long.MIN_VALUE : start;
  }

  /** {@return the end of the window that a time falls into; the end of time if it lies beyond} */
  public long end(long timeMs) {
    long into = Math.floorMod(Math.floorMod(timeMs, sizeMs) - offsetMs, sizeMs);
    long left = sizeMs - into;
    long end = timeMs + left;
    return end < timeMs ? Long.MAX_VALUE : end;
  }

  /** {@return the start of the window that ends there} */
  public long startOfEnd(long endMs) {
    return endMs == Long.MAX_VALUE ? start(Long.MAX_VALUE) : subtract(endMs, sizeMs);
  }

  private static long subtract(long a, long b) {
    long result = a - b;
    return result > a ? Long.MIN_VALUE : result;
  }
}
