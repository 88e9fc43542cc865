package dev.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JobConfigTest {

  @Test
  void defaultsAreWhatTheDocumentationSays() {
    JobConfig config = JobConfig.defaults();
    assertThat(config.bootstrapServers()).isEqualTo("localhost:9092");
    assertThat(config.guarantee()).isEqualTo(ProcessingGuarantee.EXACTLY_ONCE);
    assertThat(config.commitInterval()).isEqualTo(Duration.ofMillis(100));
    assertThat(config.transactionTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.stateDir().getParent())
        .isEqualTo(Path.of(System.getProperty("java.io.tmpdir")));
    assertThat(config.stateMemoryBytes()).isEqualTo(256L << 20);
    assertThat(config.stateStore()).isEqualTo(StateStoreKind.AUTO);
    assertThat(config.heapMemoryBytes())
        .isBetween(16L << 20, Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 2));
    assertThat(config.shuffleReplication()).isEqualTo(-1);
    assertThat(config.shuffleFrameBytes()).isEqualTo(32 * 1024);
    assertThat(config.workers("count")).isEmpty();
    assertThat(config.stages()).isEmpty();
    assertThat(config.errorsPolicy()).isEqualTo(ErrorPolicy.Action.FAIL);
    assertThat(config.errorsRetries()).isZero();
    assertThat(config.errorsRetryBackoff()).isEqualTo(Duration.ofMillis(100));
    assertThat(config.errorsTopic()).isEmpty();
    assertThat(config.sessionTimeout()).isEqualTo(Duration.ofSeconds(6));
    assertThat(config.heartbeatInterval()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.maxPollRecords()).isEqualTo(2000);
    assertThat(config.backpressureMaxLagBytes()).isEqualTo(256L << 20);
    assertThat(config.backpressureMaxLagRecords()).isZero();
    assertThat(config.shutdownTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.untilEnd()).isFalse();
    assertThat(config.instanceId()).isEmpty();
    assertThat(config.statusInterval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.membership()).isEqualTo(MembershipProtocol.CLASSIC);
  }

  @Test
  void valuesAreTyped() {
    JobConfig config =
        JobConfig.builder()
            .set("guarantee", "at-least-once")
            .set("commit.interval", " 20ms ")
            .set("heap.memory", "64MB")
            .set("state.store", "memory")
            .set("stages", "count, split")
            .set("workers", "3")
            .set("stage.count.workers", "0")
            .set("errors.policy", "dead-letter")
            .set("membership", "consumer")
            .set("until.end", "true")
            .build();
    assertThat(config.guarantee()).isEqualTo(ProcessingGuarantee.AT_LEAST_ONCE);
    assertThat(config.commitInterval()).isEqualTo(Duration.ofMillis(20));
    assertThat(config.heapMemoryBytes()).isEqualTo(64L << 20);
    assertThat(config.stateStore()).isEqualTo(StateStoreKind.MEMORY);
    assertThat(config.stages()).containsExactly("count", "split");
    assertThat(config.workers("split")).isEqualTo(OptionalInt.of(3));
    assertThat(config.workers("count")).isEqualTo(OptionalInt.of(0));
    assertThat(config.runsStage("split")).isTrue();
    assertThat(config.runsStage("count")).isFalse();
    assertThat(config.runsStage("other")).isFalse();
    assertThat(config.errorsPolicy()).isEqualTo(ErrorPolicy.Action.DEAD_LETTER);
    assertThat(config.membership()).isEqualTo(MembershipProtocol.CONSUMER);
    assertThat(config.untilEnd()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"100ms,100", "5s,5000", "3m,180000", "250 ms,250", "2S,2000"})
  void durationsHaveUnits(String text, long ms) {
    assertThat(JobConfig.defaults().with("shutdown.timeout", text).shutdownTimeout())
        .isEqualTo(Duration.ofMillis(ms));
  }

  @ParameterizedTest
  @CsvSource({"8388608,8388608", "8MB,8388608", "8MiB,8388608", "1g,1073741824", "9000 KB,9216000"})
  void sizesHaveUnits(String text, long bytes) {
    assertThat(JobConfig.defaults().with("state.memory", text).stateMemoryBytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "commit.interval|100|is not a duration",
        "commit.interval|-5ms|is not a duration",
        "commit.interval|0ms|is out of range. Write a duration from 1ms to 5m",
        "commit.interval|999999999999999d|is out of range",
        "state.memory|lots|is not a size",
        "state.memory|1KB|is out of range. Write a size from 8MB",
        "state.memory|999999999999999TB|is out of range",
        "heap.memory|95%|is out of range. Write a share from 1% to 90%",
        "errors.retries|-1|is out of range",
        "errors.retries|many|is not a whole number",
        "guarantee|twice|Write exactly-once or at-least-once",
        "until.end|yes|Write true or false",
        "stages|a,B!|has the name 'B!'",
        "bootstrap.servers|localhost|Write host:port",
        "stage.count.workers|-2|is out of range",
        "backpressure.max.lag.records|5KB|is not a count",
      })
  void aValueThatIsNoneIsRefusedWithTheWayToWriteIt(String key, String value, String advice) {
    assertThatThrownBy(() -> JobConfig.fromMap(Map.of(key, value), ConfigOrigin.file("job.conf")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot read setting " + key + " (file job.conf): '" + value + "'")
        .hasMessageContaining(advice);
  }

  @ParameterizedTest
  @CsvSource({
    "commit.intervall,commit.interval",
    "commit_interval,commit.interval",
    "bootstrap.server,bootstrap.servers",
    "garantee,guarantee",
    "stage.count.worker,stage.count.workers",
    "statedir,state.dir",
  })
  void anUnknownKeyIsRefusedWithTheNearestName(String typed, String meant) {
    assertThatThrownBy(() -> JobConfig.defaults().with(typed, "1"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("there is no such setting")
        .hasMessageContaining("Did you mean " + meant + "?");
  }

  @Test
  void theUsualSettingsCanBeGivenAsValues() {
    JobConfig typed =
        JobConfig.builder()
            .bootstrapServers("kafka:9092")
            .guarantee(ProcessingGuarantee.AT_LEAST_ONCE)
            .commitInterval(Duration.ofMillis(20))
            .transactionTimeout(Duration.ofSeconds(30))
            .stateDir(Path.of("/var/state"))
            .stateMemoryBytes(64 << 20)
            .stateStore(StateStoreKind.MEMORY)
            .heapMemoryBytes(64 << 20)
            .workers(2)
            .workers("count", 3)
            .errorsPolicy(ErrorPolicy.Action.DEAD_LETTER)
            .untilEnd()
            .build();
    assertThat(typed)
        .isEqualTo(
            JobConfig.builder()
                .set("bootstrap.servers", "kafka:9092")
                .set("guarantee", "at-least-once")
                .set("commit.interval", "20ms")
                .set("transaction.timeout", "30000ms")
                .set("state.dir", "/var/state")
                .set("state.memory", "67108864")
                .set("state.store", "memory")
                .set("heap.memory", "67108864")
                .set("workers", "2")
                .set("stage.count.workers", "3")
                .set("errors.policy", "dead-letter")
                .set("until.end", "true")
                .build());
    assertThat(typed.workers("count")).isEqualTo(OptionalInt.of(3));
    assertThatThrownBy(() -> JobConfig.builder().commitInterval(Duration.ofNanos(1_500_000)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot set commit.interval: the value has a fraction");
    assertThatThrownBy(() -> JobConfig.builder().commitInterval(Duration.ofHours(1)).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("out of range");
  }

  @Test
  void anUnknownKeyThatResemblesNothingGetsTheWayToKafka() {
    assertThatThrownBy(() -> JobConfig.defaults().with("fetch.min.bytes.of.all", "1"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageEndingWith(
            "Settings of Kafka's clients start with kafka., those of internal topics with topic.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kafka.enable.auto.commit",
        "kafka.consumer.isolation.level",
        "kafka.producer.transactional.id",
        "kafka.producer.key.serializer",
        "kafka.consumer.value.deserializer",
        "kafka.consumer.group.id",
        "kafka.enable.idempotence",
        "kafka.restore.auto.offset.reset",
        "kafka.admin.bootstrap.servers",
        "topic.cleanup.policy",
        "topic.message.timestamp.type",
      })
  void aKafkaSettingThatTheEngineOwnsIsRefusedWithTheReason(String key) {
    assertThatThrownBy(() -> JobConfig.defaults().with(key, "x"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("Cannot set " + key + " (code): ")
        .hasMessageMatching(".*\\. .*\\.");
  }

  @Test
  void aBareKafkaSettingThatTheEngineOwnsSaysSoToo() {
    assertThatThrownBy(() -> JobConfig.defaults().with("group.id", "x"))
        .hasMessageContaining("the engine owns")
        .hasMessageContaining("Name the job instead.");
  }

  @Test
  void kafkaSettingsReachTheirClients() {
    JobConfig config =
        JobConfig.builder()
            .set("kafka.client.rack", "a")
            .set("kafka.consumer.fetch.min.bytes", "10")
            .set("kafka.restore.fetch.min.bytes", "20")
            .set("kafka.producer.linger.ms", "1")
            .set("kafka.admin.retries", "3")
            .set("sasl.mechanism", "PLAIN")
            .set("topic.min.insync.replicas", "2")
            .build();
    assertThat(config.kafkaSettings(KafkaClientKind.CONSUMER))
        .isEqualTo(Map.of("client.rack", "a", "fetch.min.bytes", "10", "sasl.mechanism", "PLAIN"));
    assertThat(config.kafkaSettings(KafkaClientKind.RESTORE))
        .containsEntry("fetch.min.bytes", "20");
    assertThat(config.kafkaSettings(KafkaClientKind.PRODUCER)).containsEntry("linger.ms", "1");
    assertThat(config.kafkaSettings(KafkaClientKind.ADMIN))
        .containsEntry("retries", "3")
        .doesNotContainKeys("linger.ms", "fetch.min.bytes");
    assertThat(config.topicSettings()).isEqualTo(Map.of("min.insync.replicas", "2"));
  }

  @Test
  void secretsAreMasked() {
    JobConfig config =
        JobConfig.builder()
            .set("sasl.jaas.config", "canary-1")
            .set("kafka.ssl.keystore.password", "canary-2")
            .set("kafka.sasl.oauthbearer.client.credentials.client.secret", "canary-3")
            .set("kafka.ssl.keystore.key", "canary-4")
            .set("http.token", "canary-5-canary-5")
            .set("kafka.ssl.truststore.password", "${env:PASS}")
            .set("kafka.sasl.oauthbearer.token.endpoint.url", "https://id")
            .build();
    assertThat(config.describe().toString() + config).doesNotContain("canary");
    assertThat(config.describe())
        .anyMatch(entry -> entry.value().equals("${env:PASS}"))
        .anyMatch(entry -> entry.value().equals("https://id"));
    assertThat(config.kafkaSettings(KafkaClientKind.ADMIN))
        .containsEntry("sasl.jaas.config", "canary-1");
  }

  @Test
  void aSecretThatIsRefusedIsNotShown() {
    assertThatThrownBy(() -> JobConfig.defaults().with("http.token", "canary"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("http.token")
        .hasMessageContaining("at least 16")
        .hasMessageNotContaining("canary");
    assertThat(JobConfig.defaults().httpToken()).isEmpty();
    assertThat(JobConfig.defaults().with("http.token", "0123456789abcdef").httpToken())
        .contains("0123456789abcdef");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "off", "127.0.0.1:0", "localhost:7575", "[::1]:80", "0.0.0.0:1"})
  void anAddressToListenAtIsAHostAndAPort(String address) {
    assertThat(JobConfig.defaults().with("http.address", address).httpAddress()).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "7575", ":7575", "localhost", "localhost:", "a b:1", "::1:80", "x:65536"})
  void whatIsNoAddressToListenAtIsRefused(String address) {
    assertThatThrownBy(() -> JobConfig.defaults().with("http.address", address))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("127.0.0.1:7575");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pod-1.jobs", "10.1.2.3:7575", "https://[::1]:80", "http://host", "fd00:1::2"})
  void anAddressThatOthersAskIsAHost(String address) {
    assertThat(JobConfig.defaults().with("http.advertised", address).httpAdvertised())
        .contains(address);
    assertThat(JobConfig.defaults().httpAdvertised()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a b", "host:65536", "ftp://host", "http://host/path", "user@host", "host:1:2"})
  void whatNobodyCanAskIsRefused(String address) {
    assertThatThrownBy(() -> JobConfig.defaults().with("http.advertised", address))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("https://host:port");
  }

  @Test
  void valuesThatContradictEachOtherAreRefusedWithBothOrigins() {
    assertThatThrownBy(() -> JobConfig.defaults().with("commit.interval", "5s"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("commit.interval = 5s (code)")
        .hasMessageContaining("transaction.timeout = 10s (default)");
    assertThatThrownBy(() -> JobConfig.defaults().with("session.timeout", "1s"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("heartbeat.interval = 500ms");
  }

  @Test
  void theLongestIntervalIsOneThatTheOthersPermit() {
    JobConfig config = JobConfig.defaults();
    assertThat(config.commitIntervalMax()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.with("transaction.timeout", "6s").commitIntervalMax())
        .isEqualTo(Duration.ofSeconds(2));
    assertThat(config.with("commit.interval.max", "20ms").commitIntervalMax())
        .isEqualTo(Duration.ofMillis(100));
    assertThatThrownBy(() -> config.with("commit.interval.max", "4s"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("commit.interval.max = 4s (code)")
        .hasMessageContaining("transaction.timeout = 10s (default)");
  }

  @Test
  void everyKeyIsDescribedOnceWithItsDefault() {
    assertThat(JobConfig.defaults().describe())
        .hasSameSizeAs(ConfigKeys.table().keySet())
        .allMatch(entry -> entry.origin().equals(ConfigOrigin.defaults()))
        .allMatch(entry -> entry.value().equals(entry.defaultValue()))
        .allMatch(entry -> entry.description().endsWith("."));
  }

  @Test
  void aChangedCopyLeavesTheOriginalAlone() {
    JobConfig config = JobConfig.defaults();
    assertThat(config.with("workers", "2").workers("a")).hasValue(2);
    assertThat(config.workers("a")).isEmpty();
    assertThat(config).isEqualTo(JobConfig.builder().build());
  }

  @Test
  void editDistanceCountsSingleCharacters() {
    assertThat(NearestName.distance("", "abc")).isEqualTo(3);
    assertThat(NearestName.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(NearestName.distance("same", "same")).isZero();
  }
}
