package dev.millrace.internal.window;

import dev.millrace.time.TimeDomain;
import java.util.Optional;

/**
 * The contents of a public {@code WindowSpec}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param kind the windows
 * @param domain the time domain, if stated; otherwise it is event time where the sources have
 *     watermarks, and processing time elsewhere
 */
public record WindowSettings(WindowKind kind, Optional<TimeDomain> domain) {

  /** {@return the same windows in the given time domain} */
  public WindowSettings in(TimeDomain newDomain) {
    return new WindowSettings(kind, Optional.of(newDomain));
  }
}
