package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.WordJob;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

class ArgumentsTest {

  @Test
  void throughputIsComparedWithTheBareConsumer() {
    Arguments arguments =
        Arguments.parse("--suite", "wordcount", "--engine", "millrace,kafka-streams");
    assertThat(arguments.contenders())
        .extracting(Contender::label)
        .containsExactly("consumer", "millrace, advised", "kafka-streams, advised");
    assertThat(arguments.records()).isEqualTo(30_000_000);
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
    assertThat(arguments.variants()).containsExactly(new Variant(WordJob.WINDOW_COUNT, 3, 1, ""));
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
  void patternsAreForEnginesThatHaveThem() {
    assertThat(Arguments.parse("--suite", "patterns").contenders())
        .extracting(Contender::label)
        .containsExactly(
            "consumer", "millrace, advised", "flink-heap, advised", "flink-rocksdb, advised");
    refused("--suite", "patterns", "--engine", "kafka-streams")
        .hasMessageContaining("engine=kafka-streams");
  }

  @Test
  void scalingHasMorePartitionsAndThenMoreShuffles() {
    Arguments arguments = Arguments.parse("--suite", "scaling", "--engine", "millrace");
    assertThat(arguments.variants())
        .extracting(Variant::label)
        .containsExactly(
            "1 partition, 1 shuffle",
            "4 partitions, 1 shuffle",
            "16 partitions, 1 shuffle",
            "64 partitions, 1 shuffle",
            "4 partitions, 2 shuffles",
            "4 partitions, 3 shuffles",
            "4 partitions, 4 shuffles",
            "4 partitions, 5 shuffles",
            "4 partitions, 6 shuffles");
    assertThat(arguments.contenders())
        .filteredOn(contender -> contender.engine() == EngineChoice.CONSUMER)
        .extracting(contender -> contender.variant().partitions())
        .containsExactly(1, 4, 16, 64);
    assertThat(
            Arguments.parse("--suite", "scaling", "--partitions", "2,8", "--shuffles", "1")
                .variants())
        .extracting(Variant::partitions)
        .containsExactly(2, 8);
  }

  @Test
  void nexmarkHasEachQueryForEachEngineThatHasIt() {
    Arguments arguments =
        Arguments.parse("--suite", "nexmark", "--query", "q0,q12", "--engine", "millrace,jet");
    assertThat(arguments.contenders())
        .extracting(Contender::label)
        .containsExactly(
            "consumer", "millrace, advised, q0", "jet, advised, q0", "millrace, advised, q12");
    assertThat(Arguments.parse("--suite", "nexmark").variants())
        .extracting(Variant::workload)
        .containsExactly(Query.values());
  }

  @Test
  void idleIsSlowAndComparedWithTheBareConsumer() {
    Arguments arguments = Arguments.parse("--suite", "idle", "--engine", "jet", "--shuffles", "2");
    assertThat(arguments.rate()).isEqualTo(10);
    assertThat(arguments.contenders())
        .extracting(Contender::label)
        .containsExactly("consumer", "jet, advised");
    assertThat(arguments.variants()).extracting(Variant::shuffles).containsExactly(2);
    assertThat(Arguments.parse("--suite", "latency").rate()).isEqualTo(10_000);
  }

  @Test
  void optionsForThroughputAreNotThoseForLatency() {
    assertThat(Arguments.parse("--suite", "keys").jvmOptions())
        .containsExactly("-Xmx2g", "-XX:+UseParallelGC");
    assertThat(Arguments.parse("--suite", "latency").jvmOptions()).containsExactly("-Xmx2g");
  }

  @Test
  void compilersAreDoneBeforeLatenciesCount() {
    assertThat(Arguments.parse("--suite", "latency").warmUpSeconds()).isEqualTo(60);
    assertThat(Arguments.parse("--suite", "recovery").warmUpSeconds()).isEqualTo(30);
    assertThat(Arguments.parse("--suite", "idle", "--warmup", "5").warmUpSeconds()).isEqualTo(5);
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
    refused("--suite", "nexmark", "--query", "q4").hasMessageContaining("query=q4");
    refused("--suite", "scaling", "--partitions", "1,x").hasMessageContaining("--partitions=x");
    refused("--rounds", "3").hasMessageContaining("--suite");
  }

  private static AbstractThrowableAssert<?, ?> refused(String... words) {
    return assertThatThrownBy(() -> Arguments.parse(words))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
