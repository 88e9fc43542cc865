package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Keeps what is in {@code docs/monitoring} to metrics and labels that there are. That the
 * expressions can be parsed, and that alerts fire, is for {@code scripts/check-monitoring}.
 */
final class MonitoringTest {

  private static final Path DIRECTORY = Checkout.file("docs/monitoring");

  private static final Pattern SERIES =
      Pattern.compile("\\b((?:millrace|kafka|jvm|process|stream)_[a-z_]+)(?:\\{([^}]*)\\})?");
  private static final Pattern MATCHER = Pattern.compile("([a-z_]+)\\s*(?:=~|!=|!~|=)\\s*\"");
  private static final Pattern GROUPING =
      Pattern.compile("\\b(?:by|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.*), *([a-z_]+)\\)");
  private static final Pattern LEGEND_LABEL = Pattern.compile("\\{\\{ *([a-z_]+) *\\}\\}");
  private static final Pattern TEMPLATE_LABEL = Pattern.compile("\\$labels\\.([a-z_]+)");

  /** What Prometheus adds to each sample that it scrapes. */
  private static final Set<String> OF_TARGET = Set.of("job", "instance");

  private static final Pattern ALERT =
      Pattern.compile("(?ms)^ +- alert: (\\w+)\\n(.*?)(?=^ +- alert:|^  - name:|\\z)");

  private final Map<String, KnownMetrics.Known> known;

  MonitoringTest() throws IOException {
    this.known = KnownMetrics.ofTheDocument();
    assertThat(known).containsKeys("millrace_records_in_total", "jvm_threads_current");
  }

  // ------------------------------------------------------------------ expressions

  /** Checks the metrics and labels of an expression; returns the labels that it knows. */
  private Set<String> check(String where, String expression) {
    Set<String> labels = new HashSet<>(OF_TARGET);
    Matcher series = SERIES.matcher(expression);
    while (series.find()) {
      String name = series.group(1);
      assertThat(KnownMetrics.find(known, name)).as("%s: %s", where, name).isPresent();
      Set<String> own = new HashSet<>(OF_TARGET);
      own.addAll(KnownMetrics.find(known, name).orElseThrow().labels());
      if (series.group(2) != null) {
        MATCHER
            .matcher(series.group(2))
            .results()
            .forEach(
                used ->
                    assertThat(own)
                        .as("%s: labels of %s", where, series.group(1))
                        .contains(used.group(1)));
      }
      labels.addAll(own);
    }
    GROUPING
        .matcher(expression)
        .results()
        .flatMap(grouping -> Arrays.stream(grouping.group(1).split(",")))
        .map(String::trim)
        .filter(label -> !label.isEmpty())
        .forEach(
            label -> assertThat(labels).as("%s: labels of %s", where, expression).contains(label));
    return labels;
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }

  // ------------------------------------------------------------------ dashboard

  @Test
  void theDashboardShowsWhatThereIs() throws IOException {
    JsonNode dashboard =
        new ObjectMapper().readTree(Files.readString(DIRECTORY.resolve("dashboard.json")));
    List<String> expressions = new ArrayList<>();
    dashboard.path("panels").forEach(panel -> checkPanel(panel, expressions));
    assertThat(expressions).hasSizeGreaterThan(30);

    Map<String, String> variables = new TreeMap<>();
    for (JsonNode variable : dashboard.path("templating").path("list")) {
      String query = variable.path("query").path("query").asString("");
      variables.put(variable.path("name").asString(), query);
      Matcher values = LABEL_VALUES.matcher(query);
      if (values.matches()) {
        assertThat(check("variables", values.group(1))).contains(values.group(2));
      }
    }
    assertThat(variables).containsKeys("datasource", "job", "instance");
    assertThat(expressions).allMatch(each -> each.contains("job=\"$job\""));
  }

  private void checkPanel(JsonNode panel, List<String> expressions) {
    String title = panel.path("title").asString();
    assertThat(title).isNotEmpty();
    assertThat(panel.path("type").asString()).isIn("row", "timeseries", "stat", "table", "heatmap");
    for (JsonNode target : panel.path("targets")) {
      String expression = target.path("expr").asString();
      expressions.add(expression);
      Set<String> labels = check(title, expression);
      assertThat(labels)
          .as("%s: legend", title)
          .containsAll(found(LEGEND_LABEL, target.path("legendFormat").asString("")));
    }
    if (!panel.path("type").asString().equals("row")) {
      assertThat(panel.path("targets")).as(title).isNotEmpty();
      assertThat(panel.path("description").asString("")).as(title).isNotEmpty();
    }
    panel.path("panels").forEach(inner -> checkPanel(inner, expressions));
  }

  @Test
  void theDashboardNeedsNoPlugin() throws IOException {
    JsonNode dashboard =
        new ObjectMapper().readTree(Files.readString(DIRECTORY.resolve("dashboard.json")));
    dashboard
        .findValues("datasource")
        .forEach(
            source ->
                assertThat(source.path("uid").asString()).isIn("${datasource}", "-- Grafana --"));
  }

  // ------------------------------------------------------------------ alerts

  private static Map<String, String> alerts() throws IOException {
    Map<String, String> alerts = new LinkedHashMap<>();
    Matcher found = ALERT.matcher(Files.readString(DIRECTORY.resolve("alerts.yml")));
    while (found.find()) {
      alerts.put(found.group(1), found.group(2));
    }
    assertThat(alerts).hasSizeGreaterThan(8);
    return alerts;
  }

  private static String entry(String rule, String key) {
    Matcher found =
        Pattern.compile("(?ms)^( +)" + key + ": *(.*?)(?=^\\1\\S|^ {0,8}\\S|\\z)").matcher(rule);
    assertThat(found.find()).as("%s in%n%s", key, rule).isTrue();
    return found.group(2).replaceFirst("^[>|]-?\\n", "").strip();
  }

  @Test
  void alertsGoByWhatThereIs() throws IOException {
    alerts()
        .forEach(
            (name, rule) -> {
              Set<String> labels = check(name, entry(rule, "expr"));
              for (String key : List.of("summary", "description", "runbook")) {
                assertThat(labels)
                    .as("%s: %s", name, key)
                    .containsAll(found(TEMPLATE_LABEL, entry(rule, key)));
              }
              // What the texts name, besides.
              SERIES
                  .matcher(entry(rule, "runbook"))
                  .results()
                  .map(MatchResult::group)
                  .map(series -> series.replaceFirst("\\{.*", ""))
                  .forEach(
                      series ->
                          assertThat(
                                  known.containsKey(series)
                                      || KnownMetrics.find(known, series).isPresent())
                              .as("%s: %s", name, series)
                              .isTrue());
            });
  }

  @Test
  void alertsNameAPageOfTheOperationsGuide() throws IOException {
    List<String> sections =
        Files.readAllLines(Checkout.file("docs/OPERATIONS.md")).stream()
            .filter(line -> line.startsWith("#"))
            .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
            .map(title -> title.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
            .toList();
    alerts()
        .forEach(
            (name, rule) -> {
              String runbook = entry(rule, "runbook");
              assertThat(runbook).as(name).startsWith("docs/OPERATIONS.md#");
              assertThat(sections)
                  .as(name)
                  .containsAll(found(Pattern.compile("#([a-z][a-z-]+)"), runbook));
            });
  }

  @Test
  void alertsAreListedAndTested() throws IOException {
    String tests = Files.readString(DIRECTORY.resolve("alerts_test.yml"));
    List<String> listed =
        Files.readAllLines(DIRECTORY.resolve("README.md")).stream()
            .filter(line -> line.startsWith("| Millrace"))
            .map(line -> line.split(" *\\| *")[1] + " " + line.split(" *\\| *")[2])
            .toList();
    List<String> there = new ArrayList<>();
    alerts()
        .forEach(
            (name, rule) -> {
              there.add(name + " " + entry(rule, "severity"));
              assertThat(tests).as("a test of %s", name).contains("alertname=\"" + name + "\"");
            });
    assertThat(listed).containsExactlyInAnyOrderElementsOf(there);
  }
}
