package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import java.time.Duration;

/**
 * The shape of windows. All but sessions are aligned to the epoch.
 *
 * @param kind their kind
 * @param size their length; for sessions the pause that ends one. Values that are just as far apart
 *     are in the same session, which ends a pause after its last value
 * @param slide how far the start of one is from that of the next; for sessions it means nothing
 */
public record WindowShape(Kind kind, Duration size, Duration slide) implements Serializable {

  /** The kinds of windows. */
  public enum Kind {
    /** One after the other. */
    TUMBLING,
    /** One after the other, which overlap. */
    SLIDING,
    /** As long as values keep coming. */
    SESSION,
    /** One after the other, by the engine's clock instead of event time. */
    CLOCK
  }

  /** {@return windows of which one starts where the other ends} */
  public static WindowShape tumbling(Duration size) {
    return new WindowShape(Kind.TUMBLING, size, size);
  }

  /** {@return windows that overlap} */
  public static WindowShape sliding(Duration size, Duration slide) {
    return new WindowShape(Kind.SLIDING, size, slide);
  }

  /** {@return windows that last until there is a pause} */
  public static WindowShape session(Duration pause) {
    return new WindowShape(Kind.SESSION, pause, pause);
  }

  /** {@return as {@link #tumbling}, by the engine's clock} */
  public static WindowShape byClock(Duration size) {
    return new WindowShape(Kind.CLOCK, size, size);
  }
}
