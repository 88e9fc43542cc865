package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.WordJob;
import dev.millrace.sidebyside.engine.Workload;
import dev.millrace.sidebyside.figures.Counts;
import org.jspecify.annotations.Nullable;

/** The rule by which results of a workload are made into numbers that can be compared. */
interface ResultRule {

  /**
   * Takes a result.
   *
   * @param key the key of its record
   * @param value the value of its record
   * @param counts gets its number
   * @return by how much numbers have grown
   */
  long take(@Nullable String key, String value, Counts counts);

  /**
   * {@return the rule of a workload}
   *
   * @param endMs the end of the windows that count, in milliseconds since the epoch, for a query
   *     that has them
   */
  static ResultRule of(Workload workload, long endMs) {
    if (workload instanceof Query query) {
      return switch (query.check()) {
        case EACH_RESULT -> (key, value, counts) -> counts.add(value, 1);
        case EACH_WINDOW ->
            (key, value, counts) ->
                Long.parseLong(firstField(value)) <= endMs ? counts.add(value, 1) : 0;
        case SUM_OF_KEY ->
            (key, value, counts) -> {
              String first = firstField(value);
              return counts.add(first, Long.parseLong(value.substring(first.length() + 1)));
            };
      };
    }
    if (workload instanceof PatternJob) {
      return (key, value, counts) -> counts.add(value, 1);
    }
    return (key, value, counts) ->
        key == null || key.startsWith(WordJob.AFTER) ? 0 : counts.put(key, Long.parseLong(value));
  }

  private static String firstField(String value) {
    return value.substring(0, value.indexOf(','));
  }
}
