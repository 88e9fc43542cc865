package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.stage.ClientMeasure;
import dev.millrace.internal.stage.Measure;
import dev.millrace.metrics.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/METRICS.md} and the registries of what is measured the same. */
final class MetricsPageTest {

  private static final Path DOCUMENT = Checkout.file("docs/METRICS.md");
  private static final String END = "<!-- End of the table. -->";
  private static final Pattern NAME =
      Pattern.compile("\\b(?:millrace|stream|kafka_(?:consumer|producer))(_[a-z]+)+\\b");

  @Test
  void theDocumentHasTheTableOfMetrics() throws IOException {
    check(
        "Measure",
        table(
            "| name | kind | labels | in `status` | meaning |",
            Stream.of(Measure.values()).map(MetricsPageTest::row)));
  }

  @Test
  void theDocumentHasTheTableOfKafkasClients() throws IOException {
    check(
        "ClientMeasure",
        table(
            "| name | kind | labels | in Kafka | meaning |",
            Stream.of(ClientMeasure.values()).map(MetricsPageTest::row)));
  }

  private static void check(String enumeration, String table) throws IOException {
    String document = Files.readString(DOCUMENT);
    String mark = "<!-- The table is made from " + enumeration + ". -->\n";
    int begin = document.indexOf(mark) + mark.length();
    int end = document.indexOf(END, begin);
    if (Boolean.getBoolean("millrace.write.docs")) {
      Files.writeString(DOCUMENT, document.substring(0, begin) + table + document.substring(end));
      return;
    }
    assertThat(document.substring(begin, end))
        .as(
            "the table of %s in %s; write it anew with"
                + " mvn -q test -pl library -am -Dtest=MetricsPageTest"
                + " -Dmillrace.write.docs=true -Dsurefire.failIfNoSpecifiedTests=false",
            enumeration, DOCUMENT.normalize())
        .isEqualTo(table);
  }

  /** Also where it explains them, and in expressions. */
  @Test
  void everyNameInTheDocumentIsThatOfAMetric() throws IOException {
    Map<String, KnownMetrics.Known> known = KnownMetrics.ofTheDocument();
    Matcher names = NAME.matcher(Files.readString(DOCUMENT));
    while (names.find()) {
      String name = names.group();
      assertThat(known.containsKey(name) || KnownMetrics.find(known, name).isPresent())
          .as(name)
          .isTrue();
    }
  }

  private static String table(String head, Stream<String> rows) {
    return Stream.concat(Stream.of(head, "|---|---|---|---|---|"), rows)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String row(Measure measure) {
    return row(measure.metric(), measure.addsUp() ? "`" + measure.property() + "`" : "");
  }

  private static String row(ClientMeasure measure) {
    return row(measure.metric(), "`" + measure.kafkaName().split(" ")[1] + "`");
  }

  private static String row(Metric metric, String elsewhere) {
    return "| `%s` | %s | %s | %s | %s |"
        .formatted(
            metric.name(),
            metric.kind().name().toLowerCase(Locale.ROOT),
            String.join(", ", metric.labels()),
            elsewhere,
            metric.help());
  }
}
