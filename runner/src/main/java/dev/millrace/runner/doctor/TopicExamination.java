package dev.millrace.runner.doctor;

import dev.millrace.runner.doctor.Answers.NoAnswer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The examination of topics: whether they outlive a broker, can be written now, and may be used.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class TopicExamination {

  private static final String REPLICATION = "replication";
  private static final int SAFE_REPLICAS = 3;
  private static final int SAFE_IN_SYNC = 2;

  private final Admin admin;

  TopicExamination(Admin admin) {
    this.admin = admin;
  }

  /**
   * A topic as it is.
   *
   * @param replicas the fewest replicas that a partition has
   * @param inSync the fewest replicas in sync
   * @param minInSync how many must be in sync for a write; 0 if it is not known
   * @param leaderless how many partitions have no leader
   * @param allowed what the principal may do; empty if it is not known
   */
  record Facts(
      String name,
      int replicas,
      int inSync,
      int minInSync,
      int leaderless,
      Optional<Set<AclOperation>> allowed) {

    /** {@return whether it stays readable and writable without one broker, and loses nothing} */
    boolean outlivesOne() {
      return replicas >= SAFE_REPLICAS && minInSync >= SAFE_IN_SYNC && minInSync < replicas;
    }
  }

  /** {@return what there is to know of those topics that exist, by their names} */
  Map<String, Facts> look(Collection<String> names, List<Finding> findings) {
    Map<String, KafkaFuture<TopicDescription>> descriptions =
        admin
            .describeTopics(
                new TreeSet<>(names), new DescribeTopicsOptions().includeAuthorizedOperations(true))
            .topicNameValues();
    Map<String, TopicDescription> found = new TreeMap<>();
    for (Map.Entry<String, KafkaFuture<TopicDescription>> each : descriptions.entrySet()) {
      try {
        found.put(each.getKey(), Answers.to(each.getValue()));
      } catch (NoAnswer e) {
        if (!e.is(UnknownTopicOrPartitionException.class)) {
          findings.add(
              Finding.fail(
                  "rights",
                  "topic " + each.getKey() + " cannot be looked up (" + e.getMessage() + ")",
                  "kafka-acls.sh --add --allow-principal User:NAME --operation DESCRIBE --topic "
                      + each.getKey()));
        }
      }
    }
    Map<String, Integer> minInSync = minInSync(found.keySet());
    Map<String, Facts> facts = new TreeMap<>();
    found.forEach((name, topic) -> facts.put(name, facts(topic, minInSync.getOrDefault(name, 0))));
    return facts;
  }

  private static Facts facts(TopicDescription topic, int minInSync) {
    int leaderless = 0;
    int replicas = Integer.MAX_VALUE;
    int inSync = Integer.MAX_VALUE;
    for (TopicPartitionInfo partition : topic.partitions()) {
      leaderless += partition.leader() == null ? 1 : 0;
      replicas = Math.min(replicas, partition.replicas().size());
      inSync = Math.min(inSync, partition.isr().size());
    }
    return new Facts(
        topic.name(),
        replicas,
        inSync,
        minInSync,
        leaderless,
        Optional.ofNullable(topic.authorizedOperations()));
  }

  private Map<String, Integer> minInSync(Collection<String> names) {
    Map<ConfigResource, KafkaFuture<Config>> answers =
        admin
            .describeConfigs(
                names.stream()
                    .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                    .toList())
            .values();
    Map<String, Integer> found = new HashMap<>();
    answers.forEach(
        (resource, future) ->
            Answers.ifAny(future)
                .map(config -> config.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG))
                .ifPresent(entry -> found.put(resource.name(), Integer.parseInt(entry.value()))));
    return found;
  }

  /**
   * {@return the findings on the replication of topics: a line for each that is not as it should
   * be, and one for all others}
   *
   * @param what the topics are
   */
  static List<Finding> replication(String what, Collection<Facts> topics) {
    List<Finding> findings = new ArrayList<>();
    int good = 0;
    int unknown = 0;
    for (Facts topic : topics) {
      Optional<Finding> bad = replication(topic);
      bad.ifPresent(findings::add);
      good += bad.isEmpty() ? 1 : 0;
      unknown += topic.minInSync() == 0 ? 1 : 0;
    }
    if (good > 0) {
      findings.add(
          Finding.ok(
              REPLICATION, good + " of " + topics.size() + " " + what + " outlive a broker"));
    }
    if (unknown > 0) {
      findings.add(
          Finding.warn(
              REPLICATION,
              "min.insync.replicas of " + unknown + " " + what + " cannot be read",
              "Grant DESCRIBE_CONFIGS on them"));
    }
    return findings;
  }

  private static Optional<Finding> replication(Facts topic) {
    String name = "topic " + topic.name();
    if (topic.leaderless() > 0) {
      return Optional.of(
          Finding.fail(
              REPLICATION,
              name + ": " + topic.leaderless() + " partitions have no leader",
              "Start the brokers that have them"));
    }
    if (topic.inSync() < topic.minInSync()) {
      return Optional.of(
          Finding.fail(
              REPLICATION,
              name
                  + ": "
                  + topic.inSync()
                  + " replicas in sync where min.insync.replicas is "
                  + topic.minInSync()
                  + ", so that it cannot be written",
              "Start the brokers that are away"));
    }
    if (topic.minInSync() >= topic.replicas() && topic.replicas() > 1) {
      return Optional.of(
          Finding.warn(
              REPLICATION,
              name + ": min.insync.replicas is that of all replicas, " + topic.replicas(),
              "While any broker is away it cannot be written: set it to "
                  + (topic.replicas() - 1)));
    }
    if (topic.replicas() < SAFE_REPLICAS) {
      return Optional.of(
          Finding.warn(
              REPLICATION,
              name + ": " + topic.replicas() + (topic.replicas() == 1 ? " replica" : " replicas"),
              "Give it three (kafka-reassign-partitions.sh); new topics of jobs get as many as"
                  + " shuffle.replication or the brokers' default.replication.factor says"));
    }
    if (topic.minInSync() > 0 && topic.minInSync() < SAFE_IN_SYNC) {
      return Optional.of(
          Finding.warn(
              REPLICATION,
              name + ": min.insync.replicas is " + topic.minInSync(),
              "What only the leader has goes with it: kafka-configs.sh --alter --topic "
                  + topic.name()
                  + " --add-config min.insync.replicas=2"));
    }
    return Optional.empty();
  }
}
