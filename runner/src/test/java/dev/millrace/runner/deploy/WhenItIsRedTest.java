package dev.millrace.runner.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The page for whoever is woken at night has a row for whatever may have woken them. */
final class WhenItIsRedTest {

  private static String page() {
    String all = DeployedFiles.text("docs/OPERATIONS.md");
    int begin = all.indexOf("\n## When it is red\n");
    assertThat(begin).isPositive();
    return all.substring(begin, all.indexOf("\n## ", begin + 1));
  }

  @Test
  void everyAlertHasARow() {
    Path rules = DeployedFiles.ROOT.resolve("docs/monitoring/alerts.yml");
    assumeThat(rules).exists();
    List<String> alerts = new ArrayList<>();
    for (JsonNode group : DeployedFiles.yaml(rules).get("groups")) {
      for (JsonNode rule : group.get("rules")) {
        if (rule.has("alert")) {
          alerts.add(rule.get("alert").stringValue());
        }
      }
    }
    assertThat(alerts).isNotEmpty();
    String page = page();
    assertThat(alerts).allSatisfy(alert -> assertThat(page).contains("`" + alert + "`"));
  }

  @Test
  void everyReasonHasARow() {
    assertThat(page())
        .contains("no copy runs")
        .contains("tasks do not run")
        .contains("a reset or deletion of it is not complete")
        .contains("not started since its reset")
        .contains("the instance has failed")
        .contains("a worker has been in one round")
        .contains("was started again")
        .contains("Cannot get the status of the job");
  }
}
