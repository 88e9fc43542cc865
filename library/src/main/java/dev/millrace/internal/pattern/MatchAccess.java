package dev.millrace.internal.pattern;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The engine's way to make the public view of a match.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class MatchAccess {

  private static volatile @Nullable Function<Path, Object> views;

  private MatchAccess() {}

  /** Called once, by the class of patterns, when it is loaded. */
  public static void grant(Function<Path, Object> toViews) {
    views = toViews;
  }

  /** {@return the view of a path} */
  public static Object match(Path path) {
    Function<Path, Object> granted = views;
    if (granted == null) {
      throw new IllegalStateException("No pattern has been made yet");
    }
    return granted.apply(path);
  }
}
