package dev.millrace.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The metrics that {@code docs/METRICS.md} has in its tables. */
final class KnownMetrics {

  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([a-z_]+)` \\| (counter|gauge|histogram) \\| ([a-z, ]*) ?\\|");

  private static final Pattern OF_HISTOGRAM = Pattern.compile("(.*)_(bucket|sum|count)");

  private KnownMetrics() {}

  /**
   * A metric.
   *
   * @param labels those that a sample of it has
   */
  record Known(String kind, Set<String> labels) {}

  /** {@return all metrics by their names} */
  static Map<String, Known> ofTheDocument() throws IOException {
    Map<String, Known> known = new HashMap<>();
    Matcher rows = ROW.matcher(Files.readString(Checkout.file("docs/METRICS.md")));
    while (rows.find()) {
      Set<String> labels = new HashSet<>(Arrays.asList(rows.group(3).trim().split(", ")));
      labels.remove("");
      known.put(rows.group(1), new Known(rows.group(2), labels));
    }
    return known;
  }

  /** {@return the metric that a series of this name belongs to, with the labels of the series} */
  static Optional<Known> find(Map<String, Known> known, String series) {
    Known exactly = known.get(series);
    if (exactly != null) {
      return exactly.kind().equals("histogram") ? Optional.empty() : Optional.of(exactly);
    }
    Matcher part = OF_HISTOGRAM.matcher(series);
    if (!part.matches()) {
      return Optional.empty();
    }
    Known histogram = known.get(part.group(1));
    if (histogram == null || !histogram.kind().equals("histogram")) {
      return Optional.empty();
    }
    Set<String> labels = new HashSet<>(histogram.labels());
    if (part.group(2).equals("bucket")) {
      labels.add("le");
    }
    return Optional.of(new Known("histogram", labels));
  }
}
