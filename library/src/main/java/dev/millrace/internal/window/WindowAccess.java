package dev.millrace.internal.window;

import dev.millrace.internal.spec.Specs;

/**
 * The engine's access to the contents of public descriptions of windows and emissions.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class WindowAccess {

  private WindowAccess() {}

  /** {@return the windows of a {@code WindowSpec}, and their time domain} */
  public static WindowSettings settings(Object windowSpec) {
    return Specs.of(windowSpec, WindowSettings.class);
  }

  /** {@return the kind of window in a {@code WindowSpec}} */
  public static WindowKind kind(Object windowSpec) {
    return settings(windowSpec).kind();
  }

  /** {@return the kind of emission in an {@code Emission}} */
  public static EmissionKind emission(Object emission) {
    return Specs.of(emission, EmissionKind.class);
  }
}
