package dev.millrace.runner.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.config.ConfigLayers;
import dev.millrace.config.JobConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The compose files name files and settings that are there. */
final class ComposeFilesTest {

  private static final Path MONITORING = DeployedFiles.ROOT.resolve("docs/monitoring");

  private static JsonNode services(String file) {
    return DeployedFiles.yaml(DeployedFiles.ROOT.resolve(file)).get("services");
  }

  @ParameterizedTest
  @ValueSource(strings = {"docker-compose.yml", "docker-compose.monitoring.yml"})
  void itsVariablesAreSettings(String file) {
    Map<String, String> environment = new TreeMap<>();
    services(file)
        .get("runner")
        .path("environment")
        .properties()
        .forEach(each -> environment.put(each.getKey(), each.getValue().stringValue()));
    ConfigLayers layers = ConfigLayers.create();
    layers.environment(environment);
    assertThat(layers.build()).isNotNull();
  }

  @Test
  void theTokenOfPrometheusIsThatOfTheRunners() {
    String token =
        services("docker-compose.monitoring.yml")
            .at("/runner/environment/MILLRACE_HTTP_TOKEN")
            .stringValue();
    JsonNode scrape =
        DeployedFiles.yaml(DeployedFiles.ROOT.resolve("deploy/compose/prometheus.yml"))
            .at("/scrape_configs/0");
    assertThat(scrape.at("/authorization/credentials").stringValue()).isEqualTo(token);
    assertThat(JobConfig.defaults().with("http.token", token).httpToken()).contains(token);
    assertThat(scrape.at("/dns_sd_configs/0/port").intValue()).isEqualTo(7575);
  }

  @Test
  void filesThatAreMountedAreThere() {
    List<Path> mounted = new ArrayList<>();
    for (JsonNode service : services("docker-compose.monitoring.yml")) {
      for (JsonNode volume : service.path("volumes")) {
        String text = volume.stringValue();
        if (text.startsWith("./")) {
          mounted.add(DeployedFiles.ROOT.resolve(text.substring(2, text.indexOf(':'))));
        }
      }
    }
    assertThat(mounted).filteredOn(file -> !file.startsWith(MONITORING)).isNotEmpty();
    assertThat(mounted).filteredOn(file -> !file.startsWith(MONITORING)).allMatch(Files::exists);
    assumeThat(MONITORING).exists();
    assertThat(mounted).allMatch(Files::exists);
  }
}
