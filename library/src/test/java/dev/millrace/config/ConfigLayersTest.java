package dev.millrace.config;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigLayersTest {

  @TempDir Path directory;

  @Test
  void laterLayersWinWhateverTheOrderOfCalls() {
    JobConfig config =
        ConfigLayers.create()
            .code(Map.of("errors.retries", "5"))
            .commandLine(Map.of("errors.retries", "4", "workers", "4"))
            .environment(
                Map.of(
                    "MILLRACE_ERRORS_RETRIES", "3",
                    "MILLRACE_WORKERS", "3",
                    "MILLRACE_MAX_POLL_RECORDS", "3"))
            .file("a.conf", Map.of("max.poll.records", "1", "commit.interval", "1ms"))
            .file("b.conf", Map.of("commit.interval", "2ms"))
            .build();
    assertThat(config.errorsRetries()).isEqualTo(5);
    assertThat(config.workers("any")).hasValue(4);
    assertThat(config.maxPollRecords()).isEqualTo(3);
    assertThat(config.commitInterval()).isEqualTo(Duration.ofMillis(2));
    assertThat(config.describe())
        .filteredOn(entry -> entry.origin().layer() != ConfigOrigin.Layer.DEFAULT)
        .extracting(entry -> entry.key() + " from " + entry.origin())
        .containsExactlyInAnyOrder(
            "errors.retries from code",
            "workers from -D",
            "max.poll.records from env MILLRACE_MAX_POLL_RECORDS",
            "commit.interval from file b.conf");
  }

  @Test
  void variablesMapToKeys() {
    assertThat(ConfigLayers.keyOf("MILLRACE_COMMIT_INTERVAL")).isEqualTo("commit.interval");
    assertThat(ConfigLayers.keyOf("MILLRACE_STAGE_WORD___COUNT_WORKERS"))
        .isEqualTo("stage.word-count.workers");
    assertThat(ConfigLayers.keyOf("MILLRACE_KAFKA_A__B")).isEqualTo("kafka.a_b");
  }

  @Test
  void otherVariablesAndPropertiesAreNotSettings() {
    JobConfig config =
        ConfigLayers.create()
            .environment(Map.of("PATH", "/bin", "MILLRACE_", "x"))
            .systemProperties(Map.of("java.version", "17", "millrace.workers", "2"))
            .build();
    assertThat(config.workers("any")).hasValue(2);
  }

  @Test
  void aClientFileOfKafkasToolsWorksUnchanged() throws IOException {
    Path file = directory.resolve("client.properties");
    Files.writeString(
        file,
        """
        bootstrap.servers=broker:9093
        security.protocol=SASL_SSL
        sasl.mechanism = SCRAM-SHA-512
        ssl.truststore.location=/etc/trust.jks
        """);
    JobConfig config = ConfigLayers.create().file(file).build();
    assertThat(config.bootstrapServers()).isEqualTo("broker:9093");
    assertThat(config.kafkaSettings(KafkaClientKind.PRODUCER))
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.mechanism", "SCRAM-SHA-512")
        .containsEntry("ssl.truststore.location", "/etc/trust.jks");
  }

  @Test
  void aMistakeInAVariableNamesTheVariable() {
    ConfigLayers layers =
        ConfigLayers.create().environment(Map.of("MILLRACE_COMMIT_INTERVALL", "1s"));
    assertThatThrownBy(layers::build)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("env MILLRACE_COMMIT_INTERVALL")
        .hasMessageContaining("Did you mean commit.interval?");
  }

  @Test
  void whatKubernetesSetsForAServiceOfTheSameNameIsNoSetting() {
    JobConfig config =
        ConfigLayers.create()
            .environment(
                Map.ofEntries(
                    entry("MILLRACE_SERVICE_HOST", "10.0.171.239"),
                    entry("MILLRACE_SERVICE_PORT", "8080"),
                    entry("MILLRACE_SERVICE_PORT_HTTP_ADMIN", "8080"),
                    entry("MILLRACE_PORT", "tcp://10.0.171.239:8080"),
                    entry("MILLRACE_PORT_8080_TCP", "tcp://10.0.171.239:8080"),
                    entry("MILLRACE_PORT_8080_TCP_PROTO", "tcp"),
                    entry("MILLRACE_PORT_8080_TCP_PORT", "8080"),
                    entry("MILLRACE_PORT_8080_TCP_ADDR", "10.0.171.239"),
                    entry("MILLRACE_KAFKA_SERVICE_HOST", "fd00::17"),
                    entry("MILLRACE_KAFKA_PORT", "udp://[fd00::17]:53"),
                    entry("MILLRACE_KAFKA_PORT_53_UDP", "udp://[fd00::17]:53"),
                    entry("MILLRACE_WORKERS", "2")))
            .build();
    assertThat(config.describe())
        .filteredOn(entry -> entry.origin().layer() != ConfigOrigin.Layer.DEFAULT)
        .extracting(ConfigEntry::key)
        .containsExactly("workers");
  }

  @ParameterizedTest
  @CsvSource({
    "MILLRACE_PORT, 8080",
    "MILLRACE_PORTS, tcp://10.0.0.1:8080",
    "MILLRACE_SERVICE_PORT, high",
    "MILLRACE_SERVICE_HOSTS, 10.0.0.1",
    "MILLRACE_PORT_TCP, tcp://10.0.0.1:8080",
  })
  void whatOnlyLooksLikeAServiceIsRefused(String variable, String value) {
    ConfigLayers layers = ConfigLayers.create().environment(Map.of(variable, value));
    assertThatThrownBy(layers::build)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("env " + variable);
  }

  @Test
  void aFileThatIsMissingIsNamed() {
    Path missing = directory.resolve("absent.properties");
    assertThatThrownBy(() -> ConfigLayers.create().file(missing))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("there is no file " + missing);
  }

  @Test
  void aDirectoryIsNotAFileOfSettings() {
    assertThatThrownBy(() -> ConfigLayers.create().file(directory))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(directory.toString());
  }
}
