package dev.millrace.config;

import dev.millrace.error.ErrorPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The table of settings: every key once, with type, default, validation and one line of
 * documentation.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class ConfigKeys {

  private static final Map<String, ConfigKey<?>> TABLE = new LinkedHashMap<>();

  private static final Duration MS = Duration.ofMillis(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final long KB = 1 << 10;
  private static final long MB = 1 << 20;

  static final ConfigKey<String> BOOTSTRAP_SERVERS =
      key(
          "bootstrap.servers",
          ValueType.addresses(),
          "localhost:9092",
          "The brokers of Kafka: host:port, several with commas between them.");
  static final ConfigKey<ProcessingGuarantee> GUARANTEE =
      key(
          "guarantee",
          ValueType.oneOf(ProcessingGuarantee.class),
          "exactly-once",
          "The guarantee that holds when something dies: exactly-once or at-least-once.");
  static final ConfigKey<Duration> COMMIT_INTERVAL =
      key(
          "commit.interval",
          ValueType.duration(MS, Duration.ofMinutes(5)),
          "100ms",
          "The longest time between commits of a stage that has caught up with its input, or has"
              + " just fallen behind.");
  static final ConfigKey<Duration> COMMIT_INTERVAL_MAX =
      key(
          "commit.interval.max",
          ValueType.duration(MS, Duration.ofMinutes(5)),
          "3s",
          "The longest time between commits of a stage that is behind or has nothing to show; at"
              + " most a third of transaction.timeout, never below commit.interval.");
  static final ConfigKey<Duration> TRANSACTION_TIMEOUT =
      key(
          "transaction.timeout",
          ValueType.duration(Duration.ofSeconds(1), Duration.ofMinutes(15)),
          "10s",
          "How long the broker keeps the open transaction of an instance that went silent.");
  static final ConfigKey<String> STATE_DIR =
      key(
          "state.dir",
          ValueType.text(),
          defaultStateDir(),
          "The directory of local state; copies on one host may share it.");
  static final ConfigKey<Long> STATE_MEMORY =
      key(
          "state.memory",
          ValueType.size(8 * MB, Long.MAX_VALUE),
          "256MB",
          "Native memory of all local state of an instance, block cache and write buffers.");
  static final ConfigKey<StateStoreKind> STATE_STORE =
      key(
          "state.store",
          ValueType.oneOf(StateStoreKind.class),
          "auto",
          "The place of state: rocksdb, memory, or auto (rocksdb where its library loads).");
  static final ConfigKey<Long> HEAP_MEMORY =
      key(
          "heap.memory",
          ValueType.sizeOrHeapShare(16 * MB, Runtime.getRuntime().maxMemory()),
          "50%",
          "Heap for fetches, output buffers and uncommitted state; a size or a share of -Xmx.");
  static final ConfigKey<Long> BROADCAST_MEMORY =
      key(
          "broadcast.memory",
          ValueType.sizeOrHeapShare(MB, Runtime.getRuntime().maxMemory()),
          "20%",
          "Heap that broadcast tables may take before the instance stops; a size or a share of"
              + " -Xmx.");
  static final ConfigKey<Integer> SHUFFLE_REPLICATION =
      key(
          "shuffle.replication",
          ValueType.integer(-1, Short.MAX_VALUE),
          "-1",
          "Replicas of internal topics; -1 is the broker's default.");
  static final ConfigKey<Long> SHUFFLE_FRAME_SIZE =
      key(
          "shuffle.frame.size",
          ValueType.size(KB, MB / 2),
          "32KB",
          "Bytes of records that are packed into one Kafka record of a shuffle.");
  static final ConfigKey<Integer> WORKERS =
      key(
          "workers",
          ValueType.integer(-1, 1024),
          "-1",
          "Threads per stage on this instance; -1 is one per processor, at most one per task.");
  static final ConfigKey<Set<String>> STAGES =
      key(
          "stages",
          ValueType.names(),
          "",
          "The stages that run on this instance, with commas between them; empty means all.");
  static final ConfigKey<ErrorPolicy.Action> ERRORS_POLICY =
      key(
          "errors.policy",
          ValueType.oneOf(ErrorPolicy.Action.class),
          "fail",
          "What happens to a record that fails: fail, skip or dead-letter.");
  static final ConfigKey<Integer> ERRORS_RETRIES =
      key(
          "errors.retries",
          ValueType.integer(0, 1_000_000),
          "0",
          "How often a failing record is tried again before the policy applies; the waits may add"
              + " up to half of max.poll.interval.ms.");
  static final ConfigKey<Duration> ERRORS_RETRY_BACKOFF =
      key(
          "errors.retry.backoff",
          ValueType.duration(Duration.ZERO, Duration.ofHours(1)),
          "100ms",
          "The wait before the first retry; it doubles with each further one.");
  static final ConfigKey<String> ERRORS_TOPIC =
      key(
          "errors.topic",
          ValueType.textOrNone(),
          "",
          "The topic of dead letters; empty means <job>.errors.");
  static final ConfigKey<Duration> SESSION_TIMEOUT =
      key(
          "session.timeout",
          ValueType.duration(Duration.ofMillis(100), Duration.ofMinutes(30)),
          "6s",
          "The silence after which an instance counts as dead; under membership consumer at least"
              + " the brokers' group.consumer.min.session.timeout.ms.");
  static final ConfigKey<Duration> HEARTBEAT_INTERVAL =
      key(
          "heartbeat.interval",
          ValueType.duration(Duration.ofMillis(10), Duration.ofMinutes(10)),
          "500ms",
          "How often an instance reports that it is alive; under membership consumer at least the"
              + " brokers' group.consumer.min.heartbeat.interval.ms.");
  static final ConfigKey<Integer> MAX_POLL_RECORDS =
      key(
          "max.poll.records",
          ValueType.integer(1, 1_000_000),
          "2000",
          "The most Kafka records that one poll of a worker returns.");
  static final ConfigKey<Long> BACKPRESSURE_MAX_LAG_BYTES =
      key(
          "backpressure.max.lag.bytes",
          ValueType.size(0, Long.MAX_VALUE),
          "256MB",
          "Sources pause while a shuffle partition holds more unread bytes; 0 is no limit.");
  static final ConfigKey<Long> BACKPRESSURE_MAX_LAG_RECORDS =
      key(
          "backpressure.max.lag.records",
          ValueType.count(),
          "0",
          "Sources pause while a shuffle partition has more unread frames; 0 is no limit.");
  static final ConfigKey<Duration> SHUTDOWN_TIMEOUT =
      key(
          "shutdown.timeout",
          ValueType.duration(Duration.ZERO, Duration.ofHours(1)),
          "5s",
          "How long an orderly stop may take for the last commit.");
  static final ConfigKey<Duration> STARTUP_TIMEOUT =
      key(
          "startup.timeout",
          ValueType.duration(Duration.ZERO, DAY),
          "2m",
          "How long a start waits for brokers that do not answer before it gives up with exit"
              + " code 6.");
  static final ConfigKey<Boolean> UNTIL_END =
      key(
          "until.end",
          ValueType.flag(),
          "false",
          "Whether to stop at the ends that all inputs had when the job started.");
  static final ConfigKey<Boolean> ACCEPT_TRUNCATION =
      key(
          "accept.truncation",
          ValueType.flag(),
          "false",
          "Whether to continue from where a log was cut off, although the job had read more of"
              + " it; for one start.");
  static final ConfigKey<Boolean> ACCEPT_DELETION =
      key(
          "accept.deletion",
          ValueType.flag(),
          "false",
          "Whether to continue without records that were deleted before the job read them; for"
              + " one start.");
  static final ConfigKey<Set<String>> DROP =
      key(
          "drop",
          ValueType.texts(),
          "",
          "The parts of the deployed job that the program no longer has, to be deleted with all"
              + " that they have kept, with commas between them: stage, stage/step,"
              + " stage/step.state; for one start.");
  static final ConfigKey<String> INSTANCE_ID =
      key(
          "instance.id",
          ValueType.textOrNone(),
          "",
          "A fixed name that no other copy has, under which this one comes back even without its"
              + " state directory; empty means an id that is generated there.");
  static final ConfigKey<Duration> STATUS_INTERVAL =
      key(
          "status.interval",
          ValueType.duration(Duration.ofMillis(100), DAY),
          "2s",
          "How often an instance publishes its status.");
  static final ConfigKey<MembershipProtocol> MEMBERSHIP =
      key(
          "membership",
          ValueType.oneOf(MembershipProtocol.class),
          "classic",
          "The group protocol: classic or consumer.");
  static final ConfigKey<String> HTTP_ADDRESS =
      key(
          "http.address",
          ValueType.listenAddress(),
          "auto",
          "The address at which runner.jar serves HTTP: host:port; auto is 127.0.0.1:7575, or the"
              + " next port that is free; off is none.");
  static final ConfigKey<String> HTTP_TOKEN =
      key(
          "http.token",
          ValueType.secret(16),
          "",
          "The token that HTTP requests have to send (Authorization: Bearer ...), at least 16"
              + " characters; an http.address that other machines reach needs it, or TLS.");
  static final ConfigKey<String> HTTP_WRITE_TOKEN =
      key(
          "http.write.token",
          ValueType.secret(16),
          "",
          "The token that HTTP requests have to send that change something, at least 16"
              + " characters; it is good for all others too.");
  static final ConfigKey<String> HTTP_ADVERTISED =
      key(
          "http.advertised",
          ValueType.reachableAddress(),
          "",
          "The address at which other instances reach http.address: a host, host:port or"
              + " https://host:port; empty means the address itself, or the host's name where it"
              + " is all addresses.");
  static final ConfigKey<String> HTTP_TLS_CERTIFICATE =
      key(
          "http.tls.certificate",
          ValueType.textOrNone(),
          "",
          "A PEM file with the certificate of the server and its chain; HTTP becomes" + " HTTPS.");
  static final ConfigKey<String> HTTP_TLS_KEY =
      key(
          "http.tls.key",
          ValueType.textOrNone(),
          "",
          "A PEM file with the private key of http.tls.certificate (PKCS #8, not" + " encrypted).");
  static final ConfigKey<String> HTTP_TLS_KEYSTORE =
      key(
          "http.tls.keystore",
          ValueType.textOrNone(),
          "",
          "A keystore (PKCS12 or JKS) with certificate and key, in place of the two" + " files.");
  static final ConfigKey<String> HTTP_TLS_KEYSTORE_PASSWORD =
      key(
          "http.tls.keystore.password",
          ValueType.textOrNone(),
          "",
          "The password of http.tls.keystore and of the key in it.");
  static final ConfigKey<String> HTTP_TLS_TRUST =
      key(
          "http.tls.trust",
          ValueType.textOrNone(),
          "",
          "A PEM file with certificates that the servers of other instances may have, or that"
              + " have signed theirs; it need not have their own and those that Java trusts.");

  private ConfigKeys() {}

  /** {@return the table, in the order of documentation} */
  static Map<String, ConfigKey<?>> table() {
    return Collections.unmodifiableMap(TABLE);
  }

  /** {@return the names that a mistyped key may have meant} */
  static List<String> names() {
    return new ArrayList<>(TABLE.keySet());
  }

  private static <T> ConfigKey<T> key(
      String name, ValueType<T> type, String defaultValue, String description) {
    ConfigKey<T> key = new ConfigKey<>(name, type, defaultValue, description);
    if (TABLE.put(name, key) != null) {
      throw new IllegalStateException("Cannot define setting " + name + ": it is there already");
    }
    return key;
  }

  // The user's name keeps two users of one host out of each other's directories, whose rights are
  // the owner's alone.
  private static String defaultStateDir() {
    String temporary = System.getProperty("java.io.tmpdir", "/tmp");
    String user = System.getProperty("user.name", "");
    String suffix = user.matches("[A-Za-z0-9._-]+") ? "-" + user : "";
    return Path.of(temporary, "millrace" + suffix).toString();
  }
}
