package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.sidebyside.engine.Tuning;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

class ArgumentsTest {

  @Test
  void throughputIsComparedWithTheBareConsumer() {
    Arguments arguments =
        Arguments.parse("--suite", "wordcount", "--engine", "millrace,kafka-streams");
    assertThat(arguments.contenders())
        .containsExactly(
            new Contender(EngineChoice.CONSUMER, Tuning.ADVISED),
            new Contender(EngineChoice.MILLRACE, Tuning.ADVISED),
            new Contender(EngineChoice.KAFKA_STREAMS, Tuning.ADVISED));
    assertThat(arguments.records()).isEqualTo(15_000_000);
    assertThat(arguments.rounds()).isEqualTo(3);
  }

  @Test
  void engineRunsWithEachSettingsThatWereAskedFor() {
    assertThat(
            Arguments.parse(
                    "--suite",
                    "keys",
                    "--engine",
                    "kafka-streams",
                    "--settings",
                    "defaults,advised")
                .contenders())
        .extracting(Contender::label)
        .containsExactly("consumer", "kafka-streams, defaults", "kafka-streams, advised");
  }

  @Test
  void sizesAndOverridesAreTaken() {
    Arguments arguments =
        Arguments.parse(
            "--suite",
            "windows",
            "--records",
            "1_000",
            "--keys",
            "10",
            "--partitions",
            "3",
            "--rounds",
            "1",
            "--jvm",
            "-Xmx1g  -Xshare:auto",
            "--busy",
            "refuse",
            "--set",
            "millrace:commit.interval=1s",
            "--set",
            "millrace:kafka.a=b:c=d");
    assertThat(arguments.records()).isEqualTo(1000);
    assertThat(arguments.keys()).isEqualTo(10);
    assertThat(arguments.partitions()).isEqualTo(3);
    assertThat(arguments.rounds()).isEqualTo(1);
    assertThat(arguments.jvmOptions()).containsExactly("-Xmx1g", "-Xshare:auto");
    assertThat(arguments.whenBusy()).isEqualTo(Arguments.WhenBusy.REFUSE);
    assertThat(arguments.overrides(EngineChoice.MILLRACE))
        .isEqualTo(Map.of("commit.interval", "1s", "kafka.a", "b:c=d"));
    assertThat(arguments.overrides(EngineChoice.KAFKA_STREAMS)).isEmpty();
  }

  @Test
  void allEnginesThatCanTakePartByDefault() {
    assertThat(Arguments.parse("--suite", "latency").contenders())
        .extracting(Contender::engine)
        .containsExactly(
            EngineChoice.MILLRACE,
            EngineChoice.KAFKA_STREAMS,
            EngineChoice.FLINK_HEAP,
            EngineChoice.FLINK_ROCKSDB,
            EngineChoice.JET);
    assertThat(Arguments.parse("--suite", "recovery").contenders())
        .extracting(Contender::engine)
        .contains(EngineChoice.FLINK_ROCKSDB)
        .doesNotContain(EngineChoice.JET);
  }

  @Test
  void optionsForThroughputAreNotThoseForLatency() {
    assertThat(Arguments.parse("--suite", "keys").jvmOptions())
        .containsExactly("-Xmx2g", "-XX:+UseParallelGC");
    assertThat(Arguments.parse("--suite", "latency").jvmOptions()).containsExactly("-Xmx2g");
  }

  @Test
  void mistakesAreNamed() {
    refused("--suite", "sorting")
        .hasMessageContaining("suite=sorting")
        .hasMessageContaining("keys");
    refused("--suite", "keys", "--engine", "spark").hasMessageContaining("engine=spark");
    refused("--suite", "keys", "--settings", "best").hasMessageContaining("--settings=best");
    refused("--suite", "keys", "--records", "0").hasMessageContaining("--records=0");
    refused("--suite", "keys", "--rounds", "some").hasMessageContaining("--rounds=some");
    refused("--suite", "keys", "--set", "a=b").hasMessageContaining("--set=a=b");
    refused("--suite", "keys", "--fast", "yes").hasMessageContaining("option=--fast");
    refused("--suite", "keys", "--rounds").hasMessageContaining("option=--rounds");
    refused("--suite", "recovery", "--engine", "jet").hasMessageContaining("engine=jet");
    refused("--suite", "recovery", "--slot", "none").hasMessageContaining("--slot=none");
    refused("--rounds", "3").hasMessageContaining("--suite");
  }

  private static AbstractThrowableAssert<?, ?> refused(String... words) {
    return assertThatThrownBy(() -> Arguments.parse(words))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
