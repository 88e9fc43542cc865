package dev.millrace.window;

import dev.millrace.time.TimeDomain;
import java.util.Optional;

/**
 * The kind of a window; made by {@link Windows}.
 *
 * <p><b>Threads.</b> Immutable.
 */
public sealed interface WindowSpec {

  /**
   * {@return the time it goes by, or empty for event time where the source has watermarks, else
   * processing time}
   */
  Optional<TimeDomain> domain();

  /** {@return a short description for plans} */
  String describe();

  /**
   * Windows of one size that neither overlap nor leave gaps.
   *
   * @param sizeMs the length in milliseconds, at least 1
   * @param offsetMs where the first window at or after the epoch starts, {@code 0 <= offset < size}
   * @param domain the time it goes by, if stated
   */
  record Tumbling(long sizeMs, long offsetMs, Optional<TimeDomain> domain) implements WindowSpec {

    /** {@return the same windows by event time; the source then needs watermarks} */
    public Tumbling inEventTime() {
      return new Tumbling(sizeMs, offsetMs, Optional.of(TimeDomain.EVENT));
    }

    /** {@return the same windows by processing time} */
    public Tumbling inProcessingTime() {
      return new Tumbling(sizeMs, offsetMs, Optional.of(TimeDomain.PROCESSING));
    }

    @Override
    public String describe() {
      return "tumbling("
          + sizeMs
          + " ms"
          + (offsetMs == 0 ? "" : ", offset " + offsetMs + " ms")
          + ")";
    }
  }
}
