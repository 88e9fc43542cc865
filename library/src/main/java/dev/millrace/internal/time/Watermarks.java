package dev.millrace.internal.time;

/**
 * The two special watermarks, and arithmetic that stays between them.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Watermarks {

  /** The watermark before any is known; lower than every other. */
  public static final long UNKNOWN = Long.MIN_VALUE;

  /** The watermark after the last record; higher than every other. */
  public static final long END_OF_TIME = Long.MAX_VALUE;

  private Watermarks() {}

  /**
   * {@return {@code timeMs - boundMs}, kept below the end of time, which only the end of the input
   * may announce, and at {@link #UNKNOWN} where it would fall below every long}
   *
   * @param boundMs not negative
   */
  static long behind(long timeMs, long boundMs) {
    long behind = timeMs - boundMs;
    if (behind > timeMs) {
      return UNKNOWN;
    }
    return Math.min(behind, END_OF_TIME - 1);
  }

  /** {@return {@code timeMs + spanMs}, at most {@link Long#MAX_VALUE}; the span is not negative} */
  static long ahead(long timeMs, long spanMs) {
    long ahead = timeMs + spanMs;
    return ahead < timeMs ? Long.MAX_VALUE : ahead;
  }

  /**
   * {@return the highest multiple of the granularity that is not above the watermark}
   *
   * <p>The special watermarks stay as they are; any other stays known, however low it is.
   */
  public static long floor(long watermark, long granularityMs) {
    if (watermark == UNKNOWN || watermark == END_OF_TIME) {
      return watermark;
    }
    long floor = watermark - Math.floorMod(watermark, granularityMs);
    return floor > watermark ? UNKNOWN + 1 : Math.max(floor, UNKNOWN + 1);
  }

  /** {@return the watermark as text for messages} */
  static String describe(long watermark) {
    if (watermark == UNKNOWN) {
      return "unknown";
    }
    return watermark == END_OF_TIME ? "end of time" : Long.toString(watermark);
  }
}
