package dev.millrace.config;

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
