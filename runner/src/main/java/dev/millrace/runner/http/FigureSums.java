package dev.millrace.runner.http;

import dev.millrace.metrics.JobMetrics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Figures that this instance measures of stores and operators, and their sums over all instances.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class FigureSums {

  static final String STORE_ROWS = "millrace_store_rows";
  static final String STORE_BYTES = "millrace_store_bytes";
  static final String OPEN_WINDOWS = "millrace_open_windows";

  private static final List<String> NAMES = List.of(STORE_ROWS, STORE_BYTES, OPEN_WINDOWS);

  /** A figure of a store or an operator. */
  record Key(String metric, String stage, String name) {}

  private final Map<Key, Long> own;

  /** The stages that this instance serves. */
  private final Set<String> stages;

  private FigureSums(Map<Key, Long> own, Set<String> stages) {
    this.own = own;
    this.stages = stages;
  }

  /** {@return the figures of this instance} */
  static FigureSums of(JobMetrics metrics) {
    Map<Key, Long> own = new HashMap<>();
    metrics.samples().stream()
        .filter(sample -> NAMES.contains(sample.metric().name()))
        .forEach(
            sample -> {
              Long ignored =
                  own.merge(
                      new Key(
                          sample.metric().name(), sample.label("stage"), sample.labels().get(2)),
                      (long) sample.value(),
                      Long::sum);
            });
    return new FigureSums(own, Set.copyOf(metrics.stages().keySet()));
  }

  /** {@return the operators or stores of which a figure is known here} */
  List<Key> keys(String metric) {
    return own.keySet().stream().filter(key -> key.metric().equals(metric)).toList();
  }

  /**
   * {@return the sum of a figure; null while an instance that answers does not know its own}
   *
   * @param elsewhere what other instances report of the store or operator
   * @param field the field in which they have the figure
   */
  @Nullable Long over(
      String metric, String stage, String name, List<JsonNode> elsewhere, String field) {
    Long sum = own.get(new Key(metric, stage, name));
    if (sum == null && !stages.contains(stage)) {
      sum = 0L; // Others serve that stage; there is nothing of it here.
    }
    for (JsonNode other : elsewhere) {
      JsonNode figure = other.path(field);
      if (sum == null || !figure.isNumber()) {
        return null;
      }
      sum += figure.asLong();
    }
    return sum;
  }
}
