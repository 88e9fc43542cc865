package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowSpec;
import java.util.Optional;

/** The builder's checks of windows that the records of two streams are brought together in. */
final class JoinWindows {

  private JoinWindows() {}

  /** {@return the kind of windows; fails if it is none for two streams} */
  static WindowKind inEventTime(String cannot, WindowSpec<Object> window) {
    WindowSettings settings = WindowAccess.settings(window);
    if (settings.domain().equals(Optional.of(TimeDomain.PROCESSING))) {
      throw new ConfigurationException(
          cannot
              + ": two streams meet in event time, and these go by processing time ("
              + window
              + "). Leave .inProcessingTime() out");
    }
    if (Slicing.of(settings.kind()).isEmpty() && !isSession(settings.kind())) {
      throw new ConfigurationException(
          cannot
              + ": these windows depend on the values of one stream ("
              + window
              + "). Use tumbling, sliding, hopping, cumulative or calendar windows, or sessions with"
              + " one gap");
    }
    return settings.kind();
  }

  private static boolean isSession(WindowKind kind) {
    return kind instanceof WindowKind.Session session && session.gap().isEmpty();
  }
}
