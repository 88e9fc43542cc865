package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time after which brokers remove a dead member under the consumer protocol, where it is a
 * setting of the group and not of the member.
 *
 * <p>Brokers have bounds of their own, by default 45 s and more: the requested time is moved into
 * them. All of this only helps: without the rights for it the group keeps the brokers' default.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 */
public final class GroupSessions {

  private static final Logger LOGGER = LoggerFactory.getLogger(GroupSessions.class);
  private static final String SESSION = "consumer.session.timeout.ms";
  private static final String HEARTBEAT = "consumer.heartbeat.interval.ms";
  private static final String BROKER_PREFIX = "group.consumer.";

  /** What holds in brokers whose settings nobody has changed. */
  private static final Duration BROKERS_DEFAULT = Duration.ofSeconds(45);

  private final Admin admin;
  private final JobConfig config;
  private final AdminCalls results;
  private final AuxiliaryCalls calls;

  /** Works through the shared admin client of {@code clients}. */
  public GroupSessions(KafkaClients clients, JobConfig config, String job, Clock clock) {
    this.admin = clients.admin();
    this.config = config;
    this.results = new AdminCalls(config.bootstrapServers());
    this.calls = new AuxiliaryCalls(job, clock);
  }

  /**
   * Sets the session of groups to what the settings ask for, as far as brokers allow.
   *
   * @return after how long a dead member of any of the groups is removed; empty if that cannot be
   *     found out
   */
  public Optional<Duration> apply(Collection<String> groups) {
    Map<String, String> broker =
        calls.ask("read the brokers' bounds of sessions", this::brokerSettings).orElse(Map.of());
    long sessionMs =
        within(config.sessionTimeout(), broker, "min.session.timeout.ms", "max.session.timeout.ms");
    long heartbeatMs =
        Math.min(
            within(
                config.heartbeatInterval(),
                broker,
                "min.heartbeat.interval.ms",
                "max.heartbeat.interval.ms"),
            sessionMs - 1);
    Optional<Duration> longest = Optional.empty();
    for (String group : groups) {
      Optional<Duration> session = apply(group, sessionMs, heartbeatMs);
      if (session.isEmpty()) {
        return Optional.empty();
      }
      longest = longest.filter(known -> known.compareTo(session.get()) >= 0).or(() -> session);
    }
    LOGGER
        .atInfo()
        .addKeyValue("wanted", config.sessionTimeout())
        .addKeyValue("session", longest.map(Duration::toString).orElse("unknown"))
        .log("Brokers miss a copy that dies after its session");
    return longest;
  }

  /**
   * {@return after how long a member of any of the groups that dies now is removed: as the groups
   * are set, or as these settings have it where the session belongs to the member; the brokers'
   * default where nobody may ask}
   */
  public Duration present(Collection<String> groups) {
    if (config.membership() == MembershipProtocol.CLASSIC) {
      return config.sessionTimeout();
    }
    return groups.stream()
        .map(group -> settings(new ConfigResource(ConfigResource.Type.GROUP, group)).get(SESSION))
        .filter(Objects::nonNull)
        .map(ms -> Duration.ofMillis(Long.parseLong(ms)))
        .max(Comparator.naturalOrder())
        .orElse(BROKERS_DEFAULT);
  }

  private Optional<Duration> apply(String group, long sessionMs, long heartbeatMs) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
    Map<String, String> wanted =
        Map.of(SESSION, Long.toString(sessionMs), HEARTBEAT, Long.toString(heartbeatMs));
    Map<String, String> present = settings(resource);
    // A change that was accepted holds, although the broker that is asked may not know of it yet.
    return present.entrySet().containsAll(wanted.entrySet())
            || calls.run("set the session of a group", () -> alter(resource, wanted))
        ? Optional.of(Duration.ofMillis(sessionMs))
        : Optional.ofNullable(present.get(SESSION))
            .map(ms -> Duration.ofMillis(Long.parseLong(ms)));
  }

  private Map<String, String> settings(ConfigResource resource) {
    return calls.ask("read the session of a group", () -> described(resource)).orElse(Map.of());
  }

  private void alter(ConfigResource group, Map<String, String> wanted) {
    List<AlterConfigOp> operations = new ArrayList<>();
    wanted.forEach(
        (key, value) ->
            operations.add(
                new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    results.result(
        "set the session of group " + group.name(),
        admin.incrementalAlterConfigs(Map.of(group, operations)).all(),
        Right.onGroup(AclOperation.ALTER_CONFIGS, group.name()));
  }

  private Map<String, String> brokerSettings() {
    Collection<Node> nodes = results.result("list the brokers", admin.describeCluster().nodes());
    String any = nodes.iterator().next().idString();
    return described(new ConfigResource(ConfigResource.Type.BROKER, any));
  }

  private Map<String, String> described(ConfigResource resource) {
    Map<ConfigResource, Config> found =
        results.result(
            "read the settings of " + resource.name(),
            admin.describeConfigs(List.of(resource)).all(),
            Right.onGroup(AclOperation.DESCRIBE_CONFIGS, resource.name()),
            Right.onCluster(AclOperation.DESCRIBE_CONFIGS));
    Map<String, String> settings = new TreeMap<>();
    found
        .values()
        .forEach(
            each ->
                each.entries()
                    .forEach(
                        entry -> {
                          if (entry.value() != null) {
                            settings.put(entry.name(), entry.value());
                          }
                        }));
    return settings;
  }

  /** {@return the requested time, moved into the brokers' bounds, in milliseconds} */
  private static long within(
      Duration wanted, Map<String, String> broker, String lowest, String highest) {
    long least = Long.parseLong(broker.getOrDefault(BROKER_PREFIX + lowest, "1"));
    long most =
        Long.parseLong(broker.getOrDefault(BROKER_PREFIX + highest, "" + Integer.MAX_VALUE));
    return Math.min(most, Math.max(least, wanted.toMillis()));
  }
}
