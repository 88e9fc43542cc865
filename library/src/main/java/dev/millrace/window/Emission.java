package dev.millrace.window;

import dev.millrace.error.ConfigurationException;
import java.time.Duration;

/**
 * When a window says what it has.
 *
 * <p><b>Threads.</b> Immutable.
 */
public sealed interface Emission {

  /** Once, when the window closes. */
  record OnClose() implements Emission {}

  /** With every commit that changed the window, and never when nothing changed. */
  record OnUpdate() implements Emission {}

  /**
   * While the window is open, at most once per period of the worker's clock, and when it closes.
   *
   * @param periodMs in milliseconds, at least 1
   */
  record Every(long periodMs) implements Emission {}

  /** {@return emission when the window closes: the default} */
  static Emission onClose() {
    return new OnClose();
  }

  /**
   * {@return emission of every change as it is committed: at most one per commit and key, with what
   * was said before taken back}
   */
  static Emission onUpdate() {
    return new OnUpdate();
  }

  /**
   * {@return early results at most once per period of the worker's clock, and the last one when the
   * window closes}
   *
   * @param period at least 1 ms
   */
  static Emission every(Duration period) {
    if (period.toMillis() < 1) {
      throw new ConfigurationException(
          "Cannot emit every " + period + ": the period is below 1 ms. Give a longer one");
    }
    return new Every(period.toMillis());
  }
}
