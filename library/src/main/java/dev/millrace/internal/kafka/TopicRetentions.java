package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.error.MillraceException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The times for which topics keep records by the timestamps that producers give them.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class TopicRetentions {

  private static final Logger LOGGER = LoggerFactory.getLogger(TopicRetentions.class);

  private final Admin admin;
  private final AdminCalls calls;

  /** Works through the shared admin client of {@code clients}. */
  public TopicRetentions(KafkaClients clients, JobConfig config) {
    this.admin = clients.admin();
    this.calls = AdminCalls.to(config);
  }

  /**
   * {@return the retention of those of the topics that delete by such timestamps}
   *
   * <p>Left out are topics whose settings the principal may not read, which needs the right {@code
   * DESCRIBE_CONFIGS}, and topics that are not there.
   */
  public Map<String, Duration> of(Collection<String> topics) {
    Map<String, Duration> retentions = new TreeMap<>();
    if (topics.isEmpty()) {
      return retentions;
    }
    admin
        .describeConfigs(
            topics.stream()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .toList())
        .values()
        .forEach(
            (resource, future) ->
                described(resource.name(), future)
                    .flatMap(TopicRetentions::retention)
                    .ifPresent(retention -> retentions.put(resource.name(), retention)));
    return retentions;
  }

  private Optional<Config> described(String topic, KafkaFuture<Config> future) {
    try {
      return Optional.of(calls.result("read the settings of topic " + topic, future));
    } catch (MillraceException e) {
      if (e.getCause() instanceof AuthorizationException
          || e.getCause() instanceof UnknownTopicOrPartitionException) {
        LOGGER.atDebug().setCause(e).log("The retention of topic {} is not known", topic);
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Optional<Duration> retention(Config settings) {
    String policy =
        value(settings, TopicConfig.CLEANUP_POLICY_CONFIG)
            .orElse(TopicConfig.CLEANUP_POLICY_DELETE);
    boolean byBroker =
        value(settings, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG)
            .filter("LogAppendTime"::equals)
            .isPresent();
    return policy.contains(TopicConfig.CLEANUP_POLICY_DELETE) && !byBroker
        ? value(settings, TopicConfig.RETENTION_MS_CONFIG)
            .map(Long::parseLong)
            .filter(ms -> ms >= 0)
            .map(Duration::ofMillis)
        : Optional.empty();
  }

  private static Optional<String> value(Config settings, String name) {
    return Optional.ofNullable(settings.get(name)).map(ConfigEntry::value);
  }
}
