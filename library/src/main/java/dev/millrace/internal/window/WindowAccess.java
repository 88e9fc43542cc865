package dev.millrace.internal.window;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens the public descriptions of windows and of emissions for the engine, without making what is
 * inside public.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class WindowAccess {

  private static volatile @Nullable Function<Object, WindowKind> windows;
  private static volatile @Nullable Function<Object, EmissionKind> emissions;

  private WindowAccess() {}

  /** Called once, by the public class of windows, when it is loaded. */
  public static void grantWindows(Function<Object, WindowKind> toKinds) {
    windows = toKinds;
  }

  /** Called once, by the public class of emissions, when it is loaded. */
  public static void grantEmissions(Function<Object, EmissionKind> toKinds) {
    emissions = toKinds;
  }

  /** {@return what is in a {@code WindowSpec}} */
  public static WindowKind kind(Object windowSpec) {
    return granted(windows).apply(windowSpec);
  }

  /** {@return what is in an {@code Emission}} */
  public static EmissionKind emission(Object emission) {
    return granted(emissions).apply(emission);
  }

  private static <R> Function<Object, R> granted(@Nullable Function<Object, R> access) {
    if (access == null) {
      throw new IllegalStateException("Nothing of this kind has been made yet");
    }
    return access;
  }
}
