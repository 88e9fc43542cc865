package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.stage.Measure;
import dev.millrace.metrics.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/METRICS.md} and the registry of what is measured the same. */
final class MetricsPageTest {

  private static final Path DOCUMENT = Checkout.file("docs/METRICS.md");
  private static final String BEGIN = "<!-- The table is made from Measure. -->\n";
  private static final String END = "<!-- End of the table. -->";
  private static final Pattern NAME = Pattern.compile("\\bmillrace(_[a-z]+)+\\b");

  @Test
  void theDocumentHasTheTableOfMetrics() throws IOException {
    String document = Files.readString(DOCUMENT);
    int begin = document.indexOf(BEGIN) + BEGIN.length();
    int end = document.indexOf(END);
    String table = table();
    if (Boolean.getBoolean("millrace.write.docs")) {
      Files.writeString(DOCUMENT, document.substring(0, begin) + table + document.substring(end));
      return;
    }
    assertThat(document.substring(begin, end))
        .as(
            "the table in %s; write it anew with"
                + " mvn -q test -pl library -am -Dtest=MetricsPageTest"
                + " -Dmillrace.write.docs=true -Dsurefire.failIfNoSpecifiedTests=false",
            DOCUMENT.normalize())
        .isEqualTo(table);
  }

  /** Also where it explains them, and in expressions. */
  @Test
  void everyNameInTheDocumentIsThatOfAMetric() throws IOException {
    Matcher names = NAME.matcher(Files.readString(DOCUMENT));
    while (names.find()) {
      String name = names.group();
      assertThat(Stream.of(Measure.values()).map(Measure::metric))
          .as(name)
          .anyMatch(metric -> isOf(name, metric));
    }
  }

  /** A histogram is exported as several series. */
  private static boolean isOf(String name, Metric metric) {
    return name.equals(metric.name())
        || (metric.kind() == Metric.Kind.HISTOGRAM
            && name.matches(metric.name() + "_(bucket|count|sum)"));
  }

  private static String table() {
    Stream<String> rows = Stream.of(Measure.values()).map(MetricsPageTest::row);
    return Stream.concat(
            Stream.of("| name | kind | labels | in `status` | meaning |", "|---|---|---|---|---|"),
            rows)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String row(Measure measure) {
    Metric metric = measure.metric();
    return "| `%s` | %s | %s | %s | %s |"
        .formatted(
            metric.name(),
            metric.kind().name().toLowerCase(Locale.ROOT),
            String.join(", ", metric.labels()),
            measure.addsUp() ? "`" + measure.property() + "`" : "",
            metric.help());
  }
}
