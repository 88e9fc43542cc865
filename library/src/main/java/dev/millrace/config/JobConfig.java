package dev.millrace.config;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.util.Arguments;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a job on one instance, read, checked and typed: those that were given, and the
 * defaults of all others. The getters are for the engine, and for programs that print settings or
 * derive something from them.
 *
 * <p><b>Contract.</b> Every value is parsed when the object is built, so every instance is valid.
 * Besides the named settings there are {@code stage.<name>.workers}, {@code kafka.*} (all clients;
 * {@code kafka.consumer.*}, {@code kafka.restore.*}, {@code kafka.producer.*}, {@code
 * kafka.admin.*} for one kind) and {@code topic.*} (internal topics), which go to Kafka as they
 * are. {@code security.*}, {@code ssl.*}, {@code sasl.*} and {@code config.providers*} mean the
 * same with and without {@code kafka.} in front, so that a plain client file works unchanged.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Errors.</b> {@link ConfigurationException} for a key that does not exist (with the nearest
 * that does), a value that cannot be read, values that contradict each other, and Kafka settings
 * that the engine must set itself.
 *
 * <p><b>Example.</b> {@code JobConfig.builder().commitInterval(Duration.ofMillis(20)).build()}, or
 * {@code .set("commit.interval", "20ms")}: every setting has a key, the usual ones a method too
 */
public final class JobConfig {

  private static final List<String> CLIENT_FILE_PREFIXES =
      List.of("security.", "ssl.", "sasl.", "config.providers");

  private static final int INTERVALS_PER_TIMEOUT = 3;

  private final Map<String, Setting> settings;
  private final Map<ConfigKey<?>, Object> values;

  /** Checks and reads the given settings, by canonical key; all others have their defaults. */
  JobConfig(Map<String, Setting> given) {
    settings = Collections.unmodifiableMap(new TreeMap<>(given));
    settings.forEach(PrefixedKeys::check);
    values = new HashMap<>();
    for (ConfigKey<?> key : ConfigKeys.table().values()) {
      values.put(key, Objects.requireNonNull(key.read(setting(key))));
    }
    checkTogether();
  }

  /** {@return the settings of a job for which nothing was set} */
  public static JobConfig defaults() {
    return new JobConfig(Map.of());
  }

  /** {@return a builder without any setting} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the given settings over the defaults} */
  public static JobConfig fromMap(Map<String, String> settings, ConfigOrigin origin) {
    Map<String, Setting> given = new HashMap<>();
    settings.forEach((key, value) -> put(given, key, new Setting(value.strip(), origin)));
    return new JobConfig(given);
  }

  /** {@return these settings with one replaced, as the program's own choice} */
  public JobConfig with(String key, String value) {
    Map<String, Setting> changed = new HashMap<>(settings);
    put(changed, key, new Setting(value.strip(), ConfigOrigin.code()));
    return new JobConfig(changed);
  }

  /** Puts a setting under its canonical key. */
  static void put(Map<String, Setting> target, String key, Setting setting) {
    boolean ofClientFile = CLIENT_FILE_PREFIXES.stream().anyMatch(key::startsWith);
    target.put(ofClientFile ? PrefixedKeys.KAFKA + key : key, setting);
  }

  /** {@return where Kafka is: host:port pairs with commas between them} */
  public String bootstrapServers() {
    return value(ConfigKeys.BOOTSTRAP_SERVERS);
  }

  /** {@return what is promised when something dies} */
  public ProcessingGuarantee guarantee() {
    return value(ConfigKeys.GUARANTEE);
  }

  /**
   * {@return the longest time between commits of a stage that has caught up with its input, or has
   * just begun to lag}
   */
  public Duration commitInterval() {
    return value(ConfigKeys.COMMIT_INTERVAL);
  }

  /**
   * {@return the limit to which the time between commits grows while a stage lags; never below
   * {@link #commitInterval()}, nor above a third of {@link #transactionTimeout()}}
   */
  public Duration commitIntervalMax() {
    Duration wanted = value(ConfigKeys.COMMIT_INTERVAL_MAX);
    Duration most = transactionTimeout().dividedBy(INTERVALS_PER_TIMEOUT);
    Duration longest = wanted.compareTo(most) < 0 ? wanted : most;
    return longest.compareTo(commitInterval()) < 0 ? commitInterval() : longest;
  }

  /** {@return how long the broker keeps the transaction of an instance that went silent} */
  public Duration transactionTimeout() {
    return value(ConfigKeys.TRANSACTION_TIMEOUT);
  }

  /** {@return the directory of local state, which need not exist yet} */
  public Path stateDir() {
    return Path.of(value(ConfigKeys.STATE_DIR));
  }

  /** {@return the native memory of all local state of the instance} */
  public long stateMemoryBytes() {
    return value(ConfigKeys.STATE_MEMORY);
  }

  /** {@return where state lives} */
  public StateStoreKind stateStore() {
    return value(ConfigKeys.STATE_STORE);
  }

  /** {@return the heap for fetches, output buffers and uncommitted state of the instance} */
  public long heapMemoryBytes() {
    return value(ConfigKeys.HEAP_MEMORY);
  }

  /** {@return the heap that broadcast tables may take, in bytes} */
  public long broadcastMemoryBytes() {
    return value(ConfigKeys.BROADCAST_MEMORY);
  }

  /** {@return the number of replicas of internal topics, -1 for the broker's default} */
  public int shuffleReplication() {
    return value(ConfigKeys.SHUFFLE_REPLICATION);
  }

  /** {@return the bytes of records that are packed into one Kafka record of a shuffle} */
  public int shuffleFrameBytes() {
    return Math.toIntExact(value(ConfigKeys.SHUFFLE_FRAME_SIZE));
  }

  /**
   * {@return the number of threads that serve the stage on this instance (0 leaves it to others),
   * empty where the engine chooses}
   */
  public OptionalInt workers(String stage) {
    Setting own = settings.get(PrefixedKeys.workersOf(stage));
    int workers = own == null ? value(ConfigKeys.WORKERS) : PrefixedKeys.readWorkersOf(stage, own);
    return workers < 0 ? OptionalInt.empty() : OptionalInt.of(workers);
  }

  /** {@return whether the stage runs on this instance at all} */
  public boolean runsStage(String stage) {
    boolean chosen = stages().isEmpty() || stages().contains(stage);
    return chosen && workers(stage).orElse(1) > 0;
  }

  /** {@return the stages that run on this instance; empty means all} */
  public Set<String> stages() {
    return value(ConfigKeys.STAGES);
  }

  /** {@return what happens to a record that still fails after its retries} */
  public ErrorPolicy.Action errorsPolicy() {
    return value(ConfigKeys.ERRORS_POLICY);
  }

  /** {@return how often a failing record is tried again} */
  public int errorsRetries() {
    return value(ConfigKeys.ERRORS_RETRIES);
  }

  /** {@return the wait before the first retry} */
  public Duration errorsRetryBackoff() {
    return value(ConfigKeys.ERRORS_RETRY_BACKOFF);
  }

  /** {@return the topic of dead letters, if it is not the job's own} */
  public Optional<String> errorsTopic() {
    return unlessEmpty(value(ConfigKeys.ERRORS_TOPIC));
  }

  /** {@return after how much silence an instance counts as dead} */
  public Duration sessionTimeout() {
    return value(ConfigKeys.SESSION_TIMEOUT);
  }

  /** {@return how often an instance reports that it is alive} */
  public Duration heartbeatInterval() {
    return value(ConfigKeys.HEARTBEAT_INTERVAL);
  }

  /** {@return how many Kafka records one poll returns at most} */
  public int maxPollRecords() {
    return value(ConfigKeys.MAX_POLL_RECORDS);
  }

  /** {@return the unread bytes of a shuffle partition at which sources pause; 0 is no limit} */
  public long backpressureMaxLagBytes() {
    return value(ConfigKeys.BACKPRESSURE_MAX_LAG_BYTES);
  }

  /** {@return the unread frames of a shuffle partition at which sources pause; 0 is no limit} */
  public long backpressureMaxLagRecords() {
    return value(ConfigKeys.BACKPRESSURE_MAX_LAG_RECORDS);
  }

  /** {@return how long an orderly stop may take} */
  public Duration shutdownTimeout() {
    return value(ConfigKeys.SHUTDOWN_TIMEOUT);
  }

  /** {@return how long a start waits for brokers that do not answer} */
  public Duration startupTimeout() {
    return value(ConfigKeys.STARTUP_TIMEOUT);
  }

  /** {@return whether the job stops at what was the end of all inputs when it started} */
  public boolean untilEnd() {
    return value(ConfigKeys.UNTIL_END);
  }

  /**
   * {@return whether to continue from where a log was cut off, although more of it had been read}
   */
  public boolean acceptsTruncation() {
    return value(ConfigKeys.ACCEPT_TRUNCATION);
  }

  /** {@return whether to continue without records that were deleted unread} */
  public boolean acceptsDeletion() {
    return value(ConfigKeys.ACCEPT_DELETION);
  }

  /**
   * {@return the parts of a deployed job that the program does not have, and that are to be
   * deleted}
   */
  public Set<String> drops() {
    return value(ConfigKeys.DROP);
  }

  /** {@return the fixed name of this instance, if it has one} */
  public Optional<String> instanceId() {
    return unlessEmpty(value(ConfigKeys.INSTANCE_ID));
  }

  /** {@return how often the instance publishes its status} */
  public Duration statusInterval() {
    return value(ConfigKeys.STATUS_INTERVAL);
  }

  /** {@return the group protocol} */
  public MembershipProtocol membership() {
    return value(ConfigKeys.MEMBERSHIP);
  }

  /** {@return where the runner serves HTTP: host:port, or {@code auto}, or {@code off}} */
  public String httpAddress() {
    return value(ConfigKeys.HTTP_ADDRESS);
  }

  /** {@return the token that HTTP requests have to send, if there is one} */
  public Optional<String> httpToken() {
    return unlessEmpty(value(ConfigKeys.HTTP_TOKEN));
  }

  /** {@return the token that HTTP requests have to send that change something, if it is set} */
  public Optional<String> httpWriteToken() {
    return unlessEmpty(value(ConfigKeys.HTTP_WRITE_TOKEN));
  }

  /**
   * {@return the address at which other instances reach the server of this one, published in its
   * status: as set, or as the runner has found out}
   */
  public Optional<String> httpAdvertised() {
    return unlessEmpty(value(ConfigKeys.HTTP_ADVERTISED));
  }

  /** {@return the PEM file with the certificate of the server, if it has one} */
  public Optional<Path> httpTlsCertificate() {
    return unlessEmpty(value(ConfigKeys.HTTP_TLS_CERTIFICATE)).map(Path::of);
  }

  /** {@return the PEM file with the key of the certificate} */
  public Optional<Path> httpTlsKey() {
    return unlessEmpty(value(ConfigKeys.HTTP_TLS_KEY)).map(Path::of);
  }

  /** {@return the keystore of the server, if it has one} */
  public Optional<Path> httpTlsKeystore() {
    return unlessEmpty(value(ConfigKeys.HTTP_TLS_KEYSTORE)).map(Path::of);
  }

  /** {@return the password of the keystore and its key} */
  public Optional<String> httpTlsKeystorePassword() {
    return unlessEmpty(value(ConfigKeys.HTTP_TLS_KEYSTORE_PASSWORD));
  }

  /** {@return the PEM file with certificates to trust when other instances are asked} */
  public Optional<Path> httpTlsTrust() {
    return unlessEmpty(value(ConfigKeys.HTTP_TLS_TRUST)).map(Path::of);
  }

  /**
   * {@return the settings of {@code kafka.*} that hold for clients of a kind, by Kafka's own keys}
   */
  public Map<String, String> kafkaSettings(KafkaClientKind kind) {
    Map<String, String> result = new TreeMap<>();
    settings.forEach(
        (key, setting) -> {
          if (key.startsWith(PrefixedKeys.KAFKA) && PrefixedKeys.kindOf(key) == null) {
            result.put(key.substring(PrefixedKeys.KAFKA.length()), setting.value());
          }
        });
    if (kind == KafkaClientKind.RESTORE) {
      putSettingsOf(KafkaClientKind.CONSUMER, result);
    }
    putSettingsOf(kind, result);
    return Collections.unmodifiableMap(result);
  }

  /** {@return the settings of {@code topic.*}, by Kafka's own keys} */
  public Map<String, String> topicSettings() {
    Map<String, String> result = new TreeMap<>();
    putWithoutPrefix(PrefixedKeys.TOPIC, result);
    return Collections.unmodifiableMap(result);
  }

  /** {@return all named settings and all others that were set, with origins; secrets are masked} */
  public List<ConfigEntry> describe() {
    List<ConfigEntry> entries = new ArrayList<>();
    for (ConfigKey<?> key : ConfigKeys.table().values()) {
      Setting setting = setting(key);
      entries.add(
          new ConfigEntry(
              key.name(),
              SecretSettings.shown(key.name(), setting.value()),
              setting.origin(),
              key.defaultValue(),
              key.description()));
    }
    settings.forEach(
        (key, setting) -> {
          if (!ConfigKeys.table().containsKey(key)) {
            entries.add(
                new ConfigEntry(
                    key,
                    SecretSettings.shown(key, setting.value()),
                    setting.origin(),
                    "",
                    PrefixedKeys.descriptionOf(key)));
          }
        });
    return Collections.unmodifiableList(entries);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JobConfig that && settings.equals(that.settings);
  }

  @Override
  public int hashCode() {
    return settings.hashCode();
  }

  /** {@return what was set, secrets masked} */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    settings.forEach(
        (key, setting) -> parts.add(key + "=" + SecretSettings.shown(key, setting.value())));
    return "JobConfig{" + String.join(", ", parts) + "}";
  }

  private Setting setting(ConfigKey<?> key) {
    Setting given = settings.get(key.name());
    return given == null ? new Setting(key.defaultValue(), ConfigOrigin.defaults()) : given;
  }

  @SuppressWarnings("unchecked") // the constructor put what the key itself read
  private <T> T value(ConfigKey<T> key) {
    return (T) Objects.requireNonNull(values.get(key));
  }

  private void putSettingsOf(KafkaClientKind kind, Map<String, String> target) {
    putWithoutPrefix(PrefixedKeys.KAFKA + kind.prefix(), target);
  }

  private void putWithoutPrefix(String prefix, Map<String, String> target) {
    settings.forEach(
        (key, setting) -> {
          if (key.startsWith(prefix)) {
            target.put(key.substring(prefix.length()), setting.value());
          }
        });
  }

  private static Optional<String> unlessEmpty(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private void checkTogether() {
    checkInterval(ConfigKeys.COMMIT_INTERVAL);
    if (settings.containsKey(ConfigKeys.COMMIT_INTERVAL_MAX.name())) {
      checkInterval(ConfigKeys.COMMIT_INTERVAL_MAX);
    }
    if (heartbeatInterval().multipliedBy(3).compareTo(sessionTimeout()) > 0) {
      throw contradiction(
          ConfigKeys.HEARTBEAT_INTERVAL,
          "it must be at most a third of",
          ConfigKeys.SESSION_TIMEOUT,
          "or one lost heartbeat counts as death");
    }
  }

  private void checkInterval(ConfigKey<Duration> key) {
    if (value(key).multipliedBy(INTERVALS_PER_TIMEOUT).compareTo(transactionTimeout()) > 0) {
      throw contradiction(
          key,
          "it must be at most a third of",
          ConfigKeys.TRANSACTION_TIMEOUT,
          "or the broker may abort a transaction before its commit");
    }
  }

  private ConfigurationException contradiction(
      ConfigKey<?> left, String relation, ConfigKey<?> right, String reason) {
    return new ConfigurationException(
        "Cannot use "
            + left.name()
            + " = "
            + setting(left).value()
            + " ("
            + setting(left).origin()
            + "): "
            + relation
            + " "
            + right.name()
            + " = "
            + setting(right).value()
            + " ("
            + setting(right).origin()
            + "), "
            + reason
            + ". Change one of them.");
  }

  /**
   * A builder that gathers settings in code; nothing is checked before {@link #build}.
   *
   * <p><b>Threads.</b> Confined to one thread.
   */
  public static final class Builder {

    private final Map<String, Setting> given = new HashMap<>();

    private Builder() {}

    /** Sets one setting; a later value of the same key replaces an earlier one. */
    public Builder set(String key, String value) {
      Arguments.given("Cannot set a setting", "key", key);
      Arguments.given("Cannot set " + key, "value", value);
      put(given, key, new Setting(value.strip(), ConfigOrigin.code()));
      return this;
    }

    /** Sets {@code bootstrap.servers}: host:port pairs with commas between them. */
    public Builder bootstrapServers(String servers) {
      return set(ConfigKeys.BOOTSTRAP_SERVERS, servers);
    }

    /** Sets {@code guarantee}: the promise that holds when something dies. */
    public Builder guarantee(ProcessingGuarantee guarantee) {
      return set(ConfigKeys.GUARANTEE, guarantee);
    }

    /**
     * Sets {@code commit.interval}: the longest time between commits of a stage that has caught up
     * with its input, or has just begun to lag.
     */
    public Builder commitInterval(Duration interval) {
      return set(ConfigKeys.COMMIT_INTERVAL, interval);
    }

    /**
     * Sets {@code commit.interval.max}: the limit to which the time between commits grows while a
     * stage lags, and the wait of a stage that has nothing to show; at {@code commit.interval} or
     * below it does not grow.
     */
    public Builder commitIntervalMax(Duration interval) {
      return set(ConfigKeys.COMMIT_INTERVAL_MAX, interval);
    }

    /** Sets {@code transaction.timeout}: how long brokers keep the transaction of a silent copy. */
    public Builder transactionTimeout(Duration timeout) {
      return set(ConfigKeys.TRANSACTION_TIMEOUT, timeout);
    }

    /** Sets {@code state.dir}: the directory of local state, which need not exist yet. */
    public Builder stateDir(Path directory) {
      return set(
          ConfigKeys.STATE_DIR,
          Arguments.given("Cannot set state.dir", "value", directory).toString());
    }

    /** Sets {@code state.memory}: the native memory of all local state of the instance. */
    public Builder stateMemoryBytes(long bytes) {
      return set(ConfigKeys.STATE_MEMORY, bytes);
    }

    /** Sets {@code state.store}: where state lives. */
    public Builder stateStore(StateStoreKind store) {
      return set(ConfigKeys.STATE_STORE, store);
    }

    /** Sets {@code heap.memory}: the heap for fetches, buffers and uncommitted state. */
    public Builder heapMemoryBytes(long bytes) {
      return set(ConfigKeys.HEAP_MEMORY, bytes);
    }

    /** Sets {@code broadcast.memory}: the heap for the tables that the instance has whole. */
    public Builder broadcastMemoryBytes(long bytes) {
      return set(ConfigKeys.BROADCAST_MEMORY, bytes);
    }

    /** Sets {@code workers}: the threads of each stage on this instance. */
    public Builder workers(int threads) {
      return set(ConfigKeys.WORKERS, threads);
    }

    /** Sets {@code stage.<name>.workers}: the threads of one stage; 0 leaves it to others. */
    public Builder workers(String stage, int threads) {
      Arguments.given("Cannot set the workers of a stage", "stage", stage);
      return set(PrefixedKeys.workersOf(stage), Integer.toString(threads));
    }

    /** Sets {@code errors.policy}: what happens to a record that still fails after its retries. */
    public Builder errorsPolicy(ErrorPolicy.Action action) {
      return set(ConfigKeys.ERRORS_POLICY, action);
    }

    /** Sets {@code until.end}: the job stops at what was the end of all inputs when it started. */
    public Builder untilEnd() {
      return set(ConfigKeys.UNTIL_END, true);
    }

    private <V> Builder set(ConfigKey<V> key, V value) {
      return set(key.name(), key.text(value));
    }

    /** {@return the settings, read and checked} */
    public JobConfig build() {
      return new JobConfig(given);
    }
  }
}
