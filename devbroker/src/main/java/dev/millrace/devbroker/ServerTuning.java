package dev.millrace.devbroker;

import java.util.Map;
import java.util.TreeMap;

/**
 * The server properties in which a development broker differs from Kafka's defaults.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ServerTuning {

  private ServerTuning() {}

  static Map<String, String> properties(int nodes) {
    Map<String, String> properties = new TreeMap<>();
    replicate(properties, nodes);
    startQuickly(properties);
    failOverQuickly(properties);
    staySmall(properties);
    // A topic that nobody created is an error that a test wants to see.
    properties.put("auto.create.topics.enable", "false");
    return properties;
  }

  private static void replicate(Map<String, String> properties, int nodes) {
    String replicas = Integer.toString(nodes);
    String minInSync = Integer.toString(nodes == 1 ? 1 : 2);
    properties.put("default.replication.factor", replicas);
    properties.put("min.insync.replicas", minInSync);
    properties.put("offsets.topic.replication.factor", replicas);
    properties.put("transaction.state.log.replication.factor", replicas);
    properties.put("transaction.state.log.min.isr", minInSync);
    properties.put("share.coordinator.state.topic.replication.factor", replicas);
    properties.put("share.coordinator.state.topic.min.isr", minInSync);
  }

  private static void startQuickly(Map<String, String> properties) {
    // 50 partitions each by default, all of them created on the first use.
    properties.put("offsets.topic.num.partitions", "4");
    properties.put("transaction.state.log.num.partitions", "4");
    properties.put("share.coordinator.state.topic.num.partitions", "4");
    // Long enough for the workers of an instance, which join together: without it the first one
    // gets all tasks, and gives half of them back when its next heartbeat names the second.
    properties.put("group.initial.rebalance.delay.ms", "100");
    // Nodes that start together find no leader and wait this long before they elect one.
    properties.put("controller.quorum.election.timeout.ms", "400");
    properties.put("controller.quorum.election.backoff.max.ms", "400");
  }

  private static void failOverQuickly(Map<String, String> properties) {
    properties.put("group.min.session.timeout.ms", "100");
    properties.put("group.consumer.min.session.timeout.ms", "100");
    properties.put("group.consumer.min.heartbeat.interval.ms", "50");
    properties.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "500");
    // After kill -9 a broker waits for the end of its former session. Less than this starts to
    // count slow machines as dead ones.
    properties.put("broker.session.timeout.ms", "3000");
    properties.put("broker.heartbeat.interval.ms", "500");
  }

  private static void staySmall(Map<String, String> properties) {
    // 128 MiB of heap by default.
    properties.put("log.cleaner.dedupe.buffer.size", "2097152");
    properties.put("num.network.threads", "2");
    properties.put("num.io.threads", "4");
    properties.put("background.threads", "4");
  }
}
