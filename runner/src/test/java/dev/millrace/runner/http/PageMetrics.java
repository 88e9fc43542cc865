package dev.millrace.runner.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The metrics of a page in the text format. */
final class PageMetrics {

  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern SAMPLE =
      Pattern.compile("([a-z_]+?)(?:_bucket)?(?:\\{(.*)\\})? \\S+");
  private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"");

  private PageMetrics() {}

  /** {@return by its name, the kind of each metric and the names of its labels, in a line} */
  static Map<String, String> of(String page) {
    Map<String, String> kinds = new TreeMap<>();
    Map<String, String> metrics = new TreeMap<>();
    page.lines()
        .forEach(
            line -> {
              Matcher type = TYPE.matcher(line);
              Matcher sample = SAMPLE.matcher(line);
              if (type.matches()) {
                kinds.put(type.group(1), type.group(2));
              } else if (sample.matches() && kinds.containsKey(sample.group(1))) {
                metrics.put(
                    sample.group(1), line(kinds.get(sample.group(1)), labels(sample.group(2))));
              }
            });
    return metrics;
  }

  private static String[] labels(@Nullable String text) {
    return text == null
        ? new String[0]
        : LABEL
            .matcher(text)
            .results()
            .map(label -> label.group(1))
            .filter(label -> !label.equals("le"))
            .toArray(String[]::new);
  }

  /** {@return the line for a kind and labels, in whatever order they are} */
  static String line(String kind, String... labels) {
    return Stream.concat(
            Stream.of(kind),
            Stream.of(labels).filter(label -> !label.isBlank()).map(String::trim).sorted())
        .collect(Collectors.joining(" "));
  }
}
