package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.config.KafkaClientKind;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a real cluster, set up from the job's settings.
 *
 * <p>Each kind is set up in three layers: the engine's defaults; over them the settings that the
 * user passes through; over those the settings that the guarantees need, which cannot be changed.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class DefaultKafkaClients implements KafkaClients {

  // A transaction waits this long for the end of the one before; 100 ms by default.
  private static final int RETRY_BACKOFF_MS = 5;
  private static final int MEMBER_RETRY_BACKOFF_LEAST_MS = 20;
  private static final int MEMBER_RETRY_BACKOFF_MOST_MS = 490;
  private static final int BEFORE_HEARTBEAT_MS = 10;
  private static final int RETRY_BACKOFF_MAX_MS = 500;
  private static final int RECONNECT_BACKOFF_MAX_MS = 1_000;
  private static final int METADATA_MAX_AGE_MS = 30_000;
  private static final int CONSUMER_REQUEST_TIMEOUT_MS = 15_000;
  // A member that hangs but still sends heartbeats holds up a rebalance of its group for this long.
  private static final int MAX_POLL_INTERVAL_MS = 60_000;
  private static final int FETCH_MAX_WAIT_MS = 500;
  // A refresh reads what is there. Not 0: while a new leader catches up, fetches would not pause.
  private static final int REFRESH_MAX_WAIT_MS = 5;
  private static final int RESTORE_POLL_RECORDS = 10_000;
  private static final int BATCH_BYTES = 128 * 1024;
  private static final int MIN_BATCH_BYTES = 16 * 1024;
  // What is buffered when a transaction commits is sent at once; lingering only fills batches
  // before.
  private static final int LINGER_MS = 5;
  private static final int MAX_REQUEST_BYTES = 1 << 20;
  private static final int PLAIN_DELIVERY_TIMEOUT_MS = 30_000;
  // With the default, without brokers the first record of a topic would block its sender for a
  // minute, so that a worker would drop out of its group and an instance could not be stopped.
  private static final int PLAIN_BLOCK_MS = 5_000;
  private static final int ADMIN_REQUEST_TIMEOUT_MS = 5_000;
  static final int ADMIN_API_TIMEOUT_MS = 10_000;

  private final JobConfig config;
  private final Object lock = new Object();
  private volatile int workersOnInstance = Runtime.getRuntime().availableProcessors();
  private @Nullable Admin admin;
  private boolean closed;

  /** Sets up Kafka's protocol, which takes a while, before a client's first request. */
  public static void prepare() {
    // The list of requests has the layouts of all of them, in all of their versions.
    ApiKeys ignored = ApiKeys.API_VERSIONS;
  }

  /** Prepares clients; no connection is made before one is asked for. */
  public DefaultKafkaClients(JobConfig config) {
    this.config = config;
  }

  /**
   * {@return for how long a worker may go without polling before its group considers it dead}
   *
   * @throws ConfigurationException if the setting is not a number
   */
  public static Duration maxPollInterval(JobConfig config) {
    return Duration.ofMillis(
        number(
            config,
            KafkaClientKind.CONSUMER,
            ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG,
            "milliseconds",
            MAX_POLL_INTERVAL_MS));
  }

  /**
   * {@return the largest request of a producer, and with it the largest record}
   *
   * @throws ConfigurationException if a setting is not a number
   */
  public static int maxRequestBytes(JobConfig config) {
    long request = producerBytes(config, ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    // A producer takes no record that is larger than all of its buffer.
    long buffer = producerBytes(config, ProducerConfig.BUFFER_MEMORY_CONFIG, request);
    return (int) Math.max(1, Math.min(Math.min(request, buffer), Integer.MAX_VALUE));
  }

  private static long producerBytes(JobConfig config, String setting, long otherwise) {
    return number(config, KafkaClientKind.PRODUCER, setting, "bytes", otherwise);
  }

  private static long number(
      JobConfig config, KafkaClientKind kind, String setting, String unit, long otherwise) {
    String set = config.kafkaSettings(kind).get(setting);
    try {
      return set == null ? otherwise : Long.parseLong(set.trim());
    } catch (NumberFormatException e) {
      throw new ConfigurationException(
          "Cannot use " + setting + ": '" + set + "' is no number of " + unit + ". Correct it", e);
    }
  }

  @Override
  public Consumer<byte[], byte[]> stageConsumer(
      String groupId,
      String clientId,
      Optional<String> groupInstanceId,
      StageMember member,
      int workersOnInstance) {
    // Workers make their consumer before their producer, which is sized by the same number.
    this.workersOnInstance = workersOnInstance;
    return consumer(stageConsumerSettings(groupId, clientId, groupInstanceId, member));
  }

  @Override
  public Producer<byte[], byte[]> transactionalProducer(
      String transactionalId, String clientId, String compression) {
    return producer(transactionalProducerSettings(transactionalId, clientId, compression));
  }

  @Override
  public Producer<byte[], byte[]> plainProducer(String clientId, String compression) {
    return producer(plainProducerSettings(clientId, compression));
  }

  @Override
  public Consumer<byte[], byte[]> restoreConsumer(String clientId) {
    return consumer(restoreConsumerSettings(clientId));
  }

  @Override
  public Consumer<byte[], byte[]> readerConsumer(String clientId, IsolationLevel isolation) {
    return consumer(readerConsumerSettings(clientId, isolation));
  }

  @Override
  public Consumer<byte[], byte[]> refreshConsumer(String clientId) {
    return consumer(refreshConsumerSettings(clientId));
  }

  @Override
  public void writeCommitMarkers(Node leader, List<CommitMarker> markers) {
    MarkerRequests.commit(adminSettings(), leader, markers);
  }

  @Override
  public Admin admin() {
    synchronized (lock) {
      if (closed) {
        throw new MillraceException(
            "Cannot use the admin client: the clients of this instance are closed."
                + " Start the job again.");
      }
      if (admin == null) {
        admin = created("admin client", () -> Admin.create(adminSettings()));
      }
      return admin;
    }
  }

  @Override
  public void close() {
    Admin open;
    synchronized (lock) {
      closed = true;
      open = admin;
      admin = null;
    }
    if (open != null) {
      open.close(Duration.ofSeconds(1));
    }
  }

  Map<String, Object> stageConsumerSettings(
      String groupId, String clientId, Optional<String> groupInstanceId, StageMember member) {
    Map<String, Object> settings = consumerDefaults(shares().fetchBytes());
    settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, MAX_POLL_INTERVAL_MS);
    settings.put(ConsumerConfig.RETRY_BACKOFF_MS_CONFIG, memberRetryBackoffMs());
    settings.putAll(config.kafkaSettings(KafkaClientKind.CONSUMER));
    ownConsumer(settings, clientId, IsolationLevel.READ_COMMITTED);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, config.maxPollRecords());
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
    groupInstanceId.ifPresent(id -> settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, id));
    if (config.membership() == MembershipProtocol.CLASSIC) {
      settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
      settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, ms(config.sessionTimeout()));
      settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, ms(config.heartbeatInterval()));
      settings.put(
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, List.of(TaskAssignor.class));
      settings.put(TaskAssignor.MEMBER_CONFIG, member);
    } else {
      settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
      // The only one of the brokers' assignors that gives equal numbers to equal members.
      settings.put(ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG, "range");
    }
    return settings;
  }

  /**
   * The wait of a member before it tries anything again. Its thread for heartbeats wakes up as
   * often. If it does so shortly before a heartbeat is due, it waits for the connection, which it
   * gets as soon as the worker's poll ends for that heartbeat. Otherwise it would have to be woken
   * up then, and the worker would poll over and over, without waiting, until it is there.
   */
  private int memberRetryBackoffMs() {
    int beforeHeartbeatMs = ms(config.heartbeatInterval()) - BEFORE_HEARTBEAT_MS;
    return Math.max(
        MEMBER_RETRY_BACKOFF_LEAST_MS, Math.min(beforeHeartbeatMs, MEMBER_RETRY_BACKOFF_MOST_MS));
  }

  Map<String, Object> restoreConsumerSettings(String clientId) {
    Map<String, Object> settings = consumerDefaults(shares().fetchBytes());
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RESTORE_POLL_RECORDS);
    settings.put(
        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Math.min(4 << 20, shares().fetchBytes()));
    settings.putAll(config.kafkaSettings(KafkaClientKind.RESTORE));
    ownConsumer(settings, clientId, IsolationLevel.READ_COMMITTED);
    return settings;
  }

  Map<String, Object> readerConsumerSettings(String clientId, IsolationLevel isolation) {
    Map<String, Object> settings = consumerDefaults(Math.min(4 << 20, shares().fetchBytes()));
    settings.putAll(config.kafkaSettings(KafkaClientKind.CONSUMER));
    ownConsumer(settings, clientId, isolation);
    return settings;
  }

  Map<String, Object> refreshConsumerSettings(String clientId) {
    Map<String, Object> settings = readerConsumerSettings(clientId, IsolationLevel.READ_COMMITTED);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, REFRESH_MAX_WAIT_MS);
    return settings;
  }

  Map<String, Object> transactionalProducerSettings(
      String transactionalId, String clientId, String compression) {
    int transactionMs = ms(config.transactionTimeout());
    // A batch that cannot be delivered must fail before the broker aborts the transaction.
    Map<String, Object> settings = producerDefaults(transactionMs * 4 / 5, compression);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Math.max(500, transactionMs / 2));
    settings.putAll(config.kafkaSettings(KafkaClientKind.PRODUCER));
    ownProducer(settings, clientId);
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, transactionMs);
    return settings;
  }

  Map<String, Object> plainProducerSettings(String clientId, String compression) {
    Map<String, Object> settings = producerDefaults(PLAIN_DELIVERY_TIMEOUT_MS, compression);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PLAIN_BLOCK_MS);
    settings.putAll(config.kafkaSettings(KafkaClientKind.PRODUCER));
    ownProducer(settings, clientId);
    return settings;
  }

  Map<String, Object> adminSettings() {
    Map<String, Object> settings = commonDefaults();
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ADMIN_REQUEST_TIMEOUT_MS);
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ADMIN_API_TIMEOUT_MS);
    settings.putAll(config.kafkaSettings(KafkaClientKind.ADMIN));
    settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
    return settings;
  }

  private static Map<String, Object> commonDefaults() {
    Map<String, Object> settings = new HashMap<>();
    settings.put(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, RETRY_BACKOFF_MS);
    settings.put(CommonClientConfigs.RETRY_BACKOFF_MAX_MS_CONFIG, RETRY_BACKOFF_MAX_MS);
    settings.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 50);
    settings.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, RECONNECT_BACKOFF_MAX_MS);
    settings.put(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, METADATA_MAX_AGE_MS);
    // Let the operating system size socket buffers: it knows the latency of the connection.
    settings.put(CommonClientConfigs.RECEIVE_BUFFER_CONFIG, -1);
    settings.put(CommonClientConfigs.SEND_BUFFER_CONFIG, -1);
    settings.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    return settings;
  }

  private static Map<String, Object> consumerDefaults(int fetchBytes) {
    Map<String, Object> settings = commonDefaults();
    settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, CONSUMER_REQUEST_TIMEOUT_MS);
    settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_MAX_WAIT_MS);
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, fetchBytes);
    settings.put(
        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Math.max(1 << 20, fetchBytes / 4));
    return settings;
  }

  private Map<String, Object> producerDefaults(int deliveryMs, String compression) {
    int buffer = Math.max(shares().producerBytes(), maxRequestBytes(config));
    Map<String, Object> settings = commonDefaults();
    settings.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MS);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) buffer);
    settings.put(
        ProducerConfig.BATCH_SIZE_CONFIG,
        Math.max(MIN_BATCH_BYTES, Math.min(BATCH_BYTES, buffer / 32)));
    settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, deliveryMs);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, deliveryMs / 2);
    return settings;
  }

  private void ownConsumer(
      Map<String, Object> settings, String clientId, IsolationLevel isolation) {
    own(settings, clientId);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.name().toLowerCase(Locale.ROOT));
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
  }

  private void ownProducer(Map<String, Object> settings, String clientId) {
    own(settings, clientId);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
  }

  private void own(Map<String, Object> settings, String clientId) {
    settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
    settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
  }

  private HeapShares shares() {
    return HeapShares.of(config.heapMemoryBytes(), workersOnInstance);
  }

  private Consumer<byte[], byte[]> consumer(Map<String, Object> settings) {
    return created(
        "consumer",
        () ->
            new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
  }

  private Producer<byte[], byte[]> producer(Map<String, Object> settings) {
    return created(
        "producer",
        () -> new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
  }

  private <T> T created(String what, Supplier<T> client) {
    try {
      return client.get();
    } catch (KafkaException e) {
      Throwable root = e;
      while (root.getCause() != null && root.getCause() != root) {
        root = root.getCause();
      }
      String reason = String.valueOf(root.getMessage());
      if (reason.contains("No resolvable bootstrap urls")) {
        throw new KafkaUnreachableException(
            "Cannot reach Kafka: no host of "
                + config.bootstrapServers()
                + " has an address. Check bootstrap.servers and name resolution.",
            e);
      }
      throw new ConfigurationException(
          "Cannot create a Kafka "
              + what
              + ": "
              + reason
              + ". Check the settings that start with kafka.",
          e);
    }
  }

  private static int ms(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }
}
