package dev.millrace.internal.window;

import dev.millrace.internal.spec.Specs;

/**
 * What is in the public descriptions of windows and of emissions, for the engine.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class WindowAccess {

  private WindowAccess() {}

  /** {@return what is in a {@code WindowSpec}} */
  public static WindowKind kind(Object windowSpec) {
    return Specs.of(windowSpec, WindowKind.class);
  }

  /** {@return what is in an {@code Emission}} */
  public static EmissionKind emission(Object emission) {
    return Specs.of(emission, EmissionKind.class);
  }
}
