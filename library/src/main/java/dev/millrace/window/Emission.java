package dev.millrace.window;

import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.EmissionKind;
import java.time.Duration;

/**
 * The times at which results of a window are emitted.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class Emission {

  static {
    Specs.grant(Emission.class, emission -> emission.kind);
  }

  private final EmissionKind kind;

  private Emission(EmissionKind kind) {
    this.kind = kind;
  }

  /** {@return emission when the window closes: the default} */
  public static Emission onClose() {
    return new Emission(new EmissionKind.OnClose());
  }

  /**
   * {@return emission of every change as it is committed: at most one per commit and key, which
   * retracts what was emitted before}
   */
  public static Emission onUpdate() {
    return new Emission(new EmissionKind.OnUpdate());
  }

  /**
   * {@return early results at most once per period of the worker's clock, and the last one when the
   * window closes}
   *
   * @param period at least 1 ms
   */
  public static Emission every(Duration period) {
    return new Emission(
        new EmissionKind.Every(
            Arguments.positiveMs("Cannot emit early results", "period", period)));
  }

  @Override
  public String toString() {
    return kind.toString();
  }
}
