package dev.millrace.internal.operator.join;

import dev.millrace.function.JoinFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The function of the joins in tables of cases: it puts two texts together with a plus. It fails on
 * a text that ends with an exclamation mark, and for the first time on one that ends with a
 * question mark.
 */
final class FailingPairs {

  private final String none;
  private final Set<String> failed = ConcurrentHashMap.newKeySet();

  /**
   * Creates the function.
   *
   * @param none the text in the place of a row that is not there
   */
  FailingPairs(String none) {
    this.none = none;
  }

  /** {@return the function of a join of two texts} */
  JoinFunction<Object, @Nullable Object, String> function() {
    return (left, right) -> joined("", left, right);
  }

  /**
   * {@return the result of a pair}
   *
   * @param place the key, empty if the function does not know it
   */
  String joined(String place, @Nullable Object left, @Nullable Object right) {
    List<@Nullable Object> rows = new ArrayList<>();
    rows.add(left);
    rows.add(right);
    return joined(place, rows);
  }

  String joined(String place, List<@Nullable Object> rows) {
    String result = text(rows);
    boolean fails = rows.stream().anyMatch(row -> row != null && row.toString().endsWith("!"));
    boolean failsOnce = rows.stream().anyMatch(row -> row != null && row.toString().endsWith("?"));
    if (fails || (failsOnce && failed.add(place + " " + result))) {
      throw DeadLetters.failure(place, result);
    }
    return result;
  }

  /** {@return the rows as results and dead letters show them} */
  String text(List<@Nullable Object> rows) {
    return rows.stream().map(row -> row == null ? none : row + "").collect(Collectors.joining("+"));
  }
}
