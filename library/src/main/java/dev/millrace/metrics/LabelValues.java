package dev.millrace.metrics;

import java.util.List;

/** The values of a metric's labels. */
final class LabelValues {

  private LabelValues() {}

  static List<String> checked(Metric metric, List<String> values) {
    if (values.size() != metric.labels().size()) {
      throw new IllegalArgumentException(
          "Cannot make a sample of "
              + metric.name()
              + ": its labels are "
              + metric.labels()
              + ", and the values "
              + values);
    }
    return List.copyOf(values);
  }

  static String value(Metric metric, List<String> values, String name) {
    int at = metric.labels().indexOf(name);
    if (at < 0) {
      throw new IllegalArgumentException(
          "Cannot read label '"
              + name
              + "' of "
              + metric.name()
              + ": there is no such label. There are "
              + metric.labels());
    }
    return values.get(at);
  }
}
