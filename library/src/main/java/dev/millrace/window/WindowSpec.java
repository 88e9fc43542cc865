package dev.millrace.window;

import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.time.TimeDomain;
import java.util.Optional;

/**
 * A kind of windows, such as tumbling ones of five minutes. {@link Windows} makes them.
 *
 * <p><b>Time.</b> Windows go by event time where every source that feeds them has watermarks, else
 * by processing time; {@link #inEventTime()} and {@link #inProcessingTime()} choose explicitly.
 *
 * <p><b>Threads.</b> Immutable: each method returns a changed copy.
 *
 * @param <T> the values that the windows take; {@code Object} if they look at times only
 */
@SuppressWarnings("UnusedTypeParameter") // ties the functions inside to the stream's values
public final class WindowSpec<T> {

  static {
    Specs.grant(WindowSpec.class, spec -> spec.settings);
  }

  private final WindowSettings settings;

  WindowSpec(WindowKind kind) {
    this(new WindowSettings(kind, Optional.empty()));
  }

  private WindowSpec(WindowSettings settings) {
    this.settings = settings;
  }

  /** {@return the same windows by event time; the sources then need watermarks} */
  public WindowSpec<T> inEventTime() {
    return new WindowSpec<>(settings.in(TimeDomain.EVENT));
  }

  /** {@return the same windows by processing time} */
  public WindowSpec<T> inProcessingTime() {
    return new WindowSpec<>(settings.in(TimeDomain.PROCESSING));
  }

  /** {@return a short description, as plans show it} */
  @Override
  public String toString() {
    return settings.kind().describe();
  }
}
