package dev.millrace.config;

import java.util.Collection;
import java.util.Optional;

/**
 * The search for the name that a mistyped one may have meant, by edit distance; for messages about
 * names that people type.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class NearestName {

  private NearestName() {}

  /** {@return the nearest of {@code names}, if any is near enough to be worth a question} */
  public static Optional<String> of(String typed, Collection<String> names) {
    String nearest = null;
    int best = Math.max(2, typed.length() / 3) + 1;
    for (String name : names) {
      int distance = distance(typed, name);
      if (distance < best) {
        best = distance;
        nearest = name;
      }
    }
    return Optional.ofNullable(nearest);
  }

  /** {@return how many single characters must be put in, left out or replaced} */
  static int distance(String left, String right) {
    int[] previous = new int[right.length() + 1];
    for (int j = 0; j <= right.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int[] current = new int[right.length() + 1];
      current[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int replaced = previous[j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[right.length()];
  }
}
