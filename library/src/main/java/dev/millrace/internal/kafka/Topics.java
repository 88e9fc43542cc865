package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.MissingRightException;
import dev.millrace.error.Place;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.SystemClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topics of a cluster, and what it can do, through the admin client.
 *
 * <p>Every method waits for its answer, for about ten seconds at most.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> {@link KafkaUnreachableException} where no broker answers; {@link
 * MissingRightException} for missing rights; {@link ConfigurationException} for impossible
 * settings; others as documented at the methods.
 */
public final class Topics {

  private static final Logger LOGGER = LoggerFactory.getLogger(Topics.class);
  private static final int TRANSACTION_VERSION = 2;
  private static final String TRANSACTION_FEATURE = "transaction.version";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  // Deleting records and compaction both work on whole segments; 1 GB, the default, would keep
  // consumed frames on disk and tombstones in the changelog for too long.
  private static final int SEGMENT_BYTES = 64 << 20;
  // A segment's two indexes have an entry of 8 and of 12 bytes for 4 KiB of it, so with this part
  // of its size they never end a segment early. By default each file has 10 MB, of which a first
  // access may read or zero as much as the disk's read-ahead: with many partitions that costs a
  // broker more than the records do.
  private static final int SEGMENT_BYTES_PER_INDEX_BYTE = 256;
  private static final int LEAST_INDEX_BYTES = 4096;
  // What a topic takes if nobody sets it: a record of a mebibyte with its heads.
  private static final int DEFAULT_MESSAGE_BYTES = (1 << 20) + 12;
  // How long a store may be offline before deleted keys could reappear in it.
  private static final String DELETE_RETENTION_MS = Long.toString(7L * 24 * 3_600_000);

  private final Admin admin;
  private final JobConfig config;
  private final Await patience;
  private final AdminCalls calls;

  /** Works through the shared admin client of {@code clients}. */
  public Topics(KafkaClients clients, JobConfig config) {
    this(clients.admin(), config, SystemClock.INSTANCE);
  }

  /** Works through the given admin client and waits by the given clock. */
  public Topics(Admin admin, JobConfig config, Clock clock) {
    this.admin = admin;
    this.config = config;
    this.patience = new Await(clock, PATIENCE);
    this.calls = AdminCalls.to(config);
  }

  /** {@return the topics of these names that exist} */
  public Map<String, TopicState> describe(Collection<String> names) {
    Map<String, TopicState> result = new TreeMap<>();
    new TreeMap<>(admin.describeTopics(new TreeSet<>(names)).topicNameValues())
        .forEach(
            (name, future) ->
                calls
                    .unless(
                        UnknownTopicOrPartitionException.class,
                        "look up topic " + name,
                        future,
                        Right.onTopic(AclOperation.DESCRIBE, name))
                    .ifPresent(found -> result.put(name, state(found))));
    return result;
  }

  /** {@return those of these partitions of which it is not known that nobody leads them} */
  public List<TopicPartition> led(Collection<TopicPartition> partitions) {
    Map<String, TopicState> topics =
        describe(partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet()));
    return partitions.stream()
        .filter(
            partition -> {
              TopicState topic = topics.get(partition.topic());
              return topic == null || !topic.leaderless().contains(partition.partition());
            })
        .toList();
  }

  /**
   * Makes sure that internal topics exist as specified; creates those that are missing, with the
   * settings the engine depends on.
   *
   * @return all of them, as they are in the cluster
   * @throws IncompatibleJobException if one exists with another number of partitions or with
   *     settings under which data would be lost
   */
  public Map<String, TopicState> createInternal(List<TopicSpec> specs) {
    Map<String, TopicSpec> wanted = byName(specs);
    // Before anything is created: a job that is refused leaves no trace.
    Map<String, TopicState> existing = checkInternal(specs);
    List<NewTopic> missing = new ArrayList<>();
    wanted.values().stream()
        .filter(spec -> !existing.containsKey(spec.name()))
        .forEach(spec -> missing.add(newTopic(spec)));
    if (missing.isEmpty()) {
      return existing;
    }
    new TreeMap<>(admin.createTopics(missing).values()).forEach(this::awaitCreated);
    Map<String, TopicState> states = awaitVisible(wanted.keySet());
    states.forEach((name, state) -> checkPartitions(wanted.get(name), state));
    return states;
  }

  /** Another copy of the job may be faster: a topic that is there already is no failure. */
  private void awaitCreated(String name, KafkaFuture<Void> future) {
    calls.unless(
        TopicExistsException.class,
        "create topic " + name,
        future,
        Right.onTopic(AclOperation.CREATE, name));
  }

  /** Gives an internal topic that exists at least this many partitions. */
  public void growInternal(String name, int partitions) {
    TopicState state = describe(List.of(name)).get(name);
    if (state == null || state.partitions() >= partitions) {
      return;
    }
    calls.unless(
        InvalidPartitionsException.class, // Another copy of the job has been faster.
        "add partitions to topic " + name,
        admin
            .createPartitions(Map.of(name, NewPartitions.increaseTo(partitions)))
            .values()
            .get(name),
        Right.onTopic(AclOperation.ALTER, name));
    awaitPartitions(name, partitions);
  }

  private void awaitPartitions(String name, int partitions) {
    TopicState ignored =
        patience.until(
            () ->
                Optional.ofNullable(describe(List.of(name)).get(name))
                    .filter(state -> state.partitions() >= partitions),
            () ->
                new MillraceException(
                    "Cannot use the new partitions of topic "
                        + name
                        + ": the brokers do not know them "
                        + patience.limit().toSeconds()
                        + " s after their creation ("
                        + partitions
                        + " wanted). Check that the brokers agree with their controller",
                    Place.ofTopic(name),
                    null));
  }

  /**
   * Checks that those of these internal topics that exist are as specified.
   *
   * @return those that exist
   * @throws IncompatibleJobException as {@link #createInternal}
   */
  public Map<String, TopicState> checkInternal(List<TopicSpec> specs) {
    Map<String, TopicSpec> wanted = byName(specs);
    Map<String, TopicState> existing = describe(wanted.keySet());
    existing.forEach((name, state) -> checkPartitions(wanted.get(name), state));
    checkSettings(wanted.values().stream().filter(s -> existing.containsKey(s.name())).toList());
    return existing;
  }

  private static Map<String, TopicSpec> byName(List<TopicSpec> specs) {
    Map<String, TopicSpec> byName = new TreeMap<>();
    specs.forEach(spec -> byName.put(spec.name(), spec));
    return byName;
  }

  /**
   * Creates topics with the broker's default settings, unless they exist.
   *
   * @return the names of those that were created
   */
  public List<String> createMissing(Collection<String> names, int partitions) {
    Set<String> missing = new TreeSet<>(names);
    missing.removeAll(describe(names).keySet());
    if (missing.isEmpty()) {
      return List.of();
    }
    List<NewTopic> topics =
        missing.stream()
            .map(name -> new NewTopic(name, Optional.of(partitions), Optional.empty()))
            .toList();
    admin.createTopics(topics).values().forEach(this::awaitCreated);
    awaitVisible(missing);
    return List.copyOf(missing);
  }

  /**
   * {@return the user's topic of that name}
   *
   * @throws ConfigurationException if there is none
   */
  public TopicState checkUserTopic(String name) {
    TopicState state = describe(List.of(name)).get(name);
    if (state == null) {
      throw new ConfigurationException(
          "Cannot use topic "
              + name
              + ": there is no such topic at "
              + config.bootstrapServers()
              + ". Create it, or correct its name in the program.",
          Place.ofTopic(name),
          null);
    }
    return state;
  }

  /**
   * {@return the version of transactions that the cluster runs}
   *
   * @throws ConfigurationException if it is too low for the job's guarantee: before version 2, a
   *     delayed request of one transaction can end up in the next
   */
  public int brokerTransactionVersion() {
    Map<String, FinalizedVersionRange> features =
        calls
            .result("read the features of the cluster", admin.describeFeatures().featureMetadata())
            .finalizedFeatures();
    FinalizedVersionRange range = features.get(TRANSACTION_FEATURE);
    int version = range == null ? 0 : range.maxVersionLevel();
    if (version < TRANSACTION_VERSION && config.guarantee() == ProcessingGuarantee.EXACTLY_ONCE) {
      throw new ConfigurationException(
          "Cannot run exactly-once at "
              + config.bootstrapServers()
              + ": the cluster's "
              + TRANSACTION_FEATURE
              + " is "
              + version
              + " where "
              + TRANSACTION_VERSION
              + " is needed. Upgrade it (kafka-features.sh upgrade --feature "
              + TRANSACTION_FEATURE
              + "="
              + TRANSACTION_VERSION
              + ", Kafka 4.0 or later), or set guarantee to at-least-once.");
    }
    return version;
  }

  /**
   * {@return the names of all topics that this principal may see, without Kafka's internal ones}
   */
  public Set<String> names() {
    return calls.result("list the topics", admin.listTopics().names());
  }

  /** Deletes those of these topics that exist. */
  public void deleteTopics(Collection<String> names) {
    new TreeMap<>(admin.deleteTopics(new TreeSet<>(names)).topicNameValues())
        .forEach(
            (name, future) ->
                calls.unless(
                    UnknownTopicOrPartitionException.class,
                    "delete topic " + name,
                    future,
                    Right.onTopic(AclOperation.DELETE, name)));
  }

  /** Waits until a broker no longer knows any of these topics, as after deleting them. */
  public void awaitGone(Collection<String> names) {
    awaitGone(names, (name, found) -> true);
  }

  private void awaitGone(Collection<String> names, BiPredicate<String, TopicState> isTheTopic) {
    Set<String> left = new TreeSet<>(names);
    Boolean ignored =
        patience.until(
            () -> {
              Map<String, TopicState> found = describe(left);
              left.removeIf(
                  name -> {
                    TopicState state = found.get(name);
                    return state == null || !isTheTopic.test(name, state);
                  });
              return left.isEmpty() ? Optional.of(true) : Optional.empty();
            },
            () ->
                new MillraceException(
                    "Cannot see topics go: the brokers still have them "
                        + patience.limit().toSeconds()
                        + " s after their deletion ("
                        + left
                        + "). Check that delete.topic.enable is not false, and try again."));
  }

  /**
   * Deletes those of these topics that exist with the same id, and waits until a broker does not
   * know them any more.
   *
   * @param ids their ids by their names
   */
  public void deleteTopicsById(Map<String, String> ids) {
    if (ids.isEmpty()) {
      return;
    }
    Map<Uuid, String> names = new HashMap<>();
    ids.forEach((name, id) -> names.put(Uuid.fromString(id), name));
    admin
        .deleteTopics(TopicCollection.ofTopicIds(names.keySet()))
        .topicIdValues()
        .forEach(
            (id, future) -> {
              String name = String.valueOf(names.get(id));
              calls.unless(
                  UnknownTopicIdException.class,
                  "delete topic " + name,
                  future,
                  Right.onTopic(AclOperation.DELETE, name));
            });
    awaitGone(ids.keySet(), (name, found) -> found.id().toString().equals(ids.get(name)));
  }

  private NewTopic newTopic(TopicSpec spec) {
    Map<String, String> settings = requiredSettings(spec);
    settings.put(TopicConfig.SEGMENT_BYTES_CONFIG, Integer.toString(SEGMENT_BYTES));
    int largest = DefaultKafkaClients.maxRequestBytes(config);
    if (largest > DEFAULT_MESSAGE_BYTES) {
      settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(largest));
    }
    if (spec.cleanup() == TopicSpec.Cleanup.COMPACT) {
      settings.put(TopicConfig.DELETE_RETENTION_MS_CONFIG, DELETE_RETENTION_MS);
    }
    settings.putAll(spec.settings());
    settings.putAll(config.topicSettings());
    sizeIndexes(settings);
    Optional<Short> replication =
        config.shuffleReplication() < 0
            ? Optional.empty()
            : Optional.of((short) config.shuffleReplication());
    return new NewTopic(spec.name(), Optional.of(spec.partitions()), replication).configs(settings);
  }

  /** Sizes a segment's indexes by the segment, unless they have a size already. */
  private static void sizeIndexes(Map<String, String> settings) {
    try {
      int segment =
          Integer.parseInt(settings.getOrDefault(TopicConfig.SEGMENT_BYTES_CONFIG, "").trim());
      settings.putIfAbsent(
          TopicConfig.SEGMENT_INDEX_BYTES_CONFIG,
          Integer.toString(Math.max(LEAST_INDEX_BYTES, segment / SEGMENT_BYTES_PER_INDEX_BYTE)));
    } catch (NumberFormatException e) {
      // Brokers refuse such a segment, and name the reason.
      LOGGER.atDebug().setCause(e).log("The size of segments is no number");
    }
  }

  private static Map<String, String> requiredSettings(TopicSpec spec) {
    Map<String, String> settings = new TreeMap<>();
    settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    if (spec.cleanup() == TopicSpec.Cleanup.COMPACT) {
      settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
    } else {
      settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
      settings.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
      settings.put(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
    }
    return settings;
  }

  // A broker other than the controller learns of new topics a little later.
  private Map<String, TopicState> awaitVisible(Set<String> names) {
    Map<String, TopicState> states = new TreeMap<>();
    return patience.until(
        () -> {
          states.putAll(describe(names));
          return states.keySet().containsAll(names) ? Optional.of(states) : Optional.empty();
        },
        () -> {
          Set<String> absent = new TreeSet<>(names);
          absent.removeAll(states.keySet());
          return new KafkaUnreachableException(
              "Cannot use new topics: the brokers do not know them "
                  + patience.limit().toSeconds()
                  + " s after their creation ("
                  + absent
                  + "). Check that the brokers agree with their controller.");
        });
  }

  private static void checkPartitions(@Nullable TopicSpec spec, TopicState state) {
    if (spec != null && state.partitions() != spec.partitions()) {
      throw new IncompatibleJobException(
          "Cannot use topic "
              + spec.name()
              + ": it has "
              + state.partitions()
              + " partitions where the job needs "
              + spec.partitions()
              + ", and records would no longer meet the state of their key. Go back to"
              + " parallelism("
              + state.partitions()
              + "), or reset or rename the job, which then starts over with "
              + spec.partitions()
              + ".",
          Place.ofTopic(spec.name()),
          null);
    }
  }

  private void checkSettings(List<TopicSpec> specs) {
    Map<ConfigResource, TopicSpec> resources = new HashMap<>();
    specs.forEach(
        spec -> resources.put(new ConfigResource(ConfigResource.Type.TOPIC, spec.name()), spec));
    if (resources.isEmpty()) {
      return;
    }
    admin
        .describeConfigs(resources.keySet())
        .values()
        .forEach(
            (resource, future) -> {
              Optional<Config> found =
                  calls.unless(
                      TopicAuthorizationException.class,
                      "read the settings of topic " + resource.name(),
                      future,
                      Right.onTopic(AclOperation.DESCRIBE_CONFIGS, resource.name()));
              TopicSpec spec = resources.get(resource);
              if (found.isEmpty()) {
                LOGGER
                    .atWarn()
                    .addKeyValue("topic", resource.name())
                    .log("Settings of the topic are not checked: no right to read them");
              } else if (spec != null) {
                checkSettings(spec, found.get());
              }
            });
  }

  private static void checkSettings(TopicSpec spec, Config actual) {
    requiredSettings(spec)
        .forEach(
            (key, needed) -> {
              var entry = actual.get(key);
              String value = entry == null ? "" : entry.value();
              if (!needed.equals(value)) {
                throw new IncompatibleJobException(
                    "Cannot use topic "
                        + spec.name()
                        + ": its "
                        + key
                        + " is "
                        + value
                        + " where the job needs "
                        + needed
                        + ", or data would be lost. Set it (kafka-configs.sh --alter --topic "
                        + spec.name()
                        + " --add-config "
                        + key
                        + "="
                        + needed
                        + "), or delete the topic if nothing in it matters.",
                    Place.ofTopic(spec.name()),
                    null);
              }
            });
  }

  private static TopicState state(TopicDescription description) {
    int replication =
        description.partitions().stream().mapToInt(p -> p.replicas().size()).min().orElse(0);
    Set<Integer> leaderless =
        description.partitions().stream()
            .filter(partition -> partition.leader() == null || partition.leader().isEmpty())
            .map(TopicPartitionInfo::partition)
            .collect(Collectors.toSet());
    return new TopicState(
        description.topicId(), description.partitions().size(), replication, leaderless);
  }
}
