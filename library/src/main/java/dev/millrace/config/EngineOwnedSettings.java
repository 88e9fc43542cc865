package dev.millrace.config;

import java.util.Map;
import java.util.Optional;

/**
 * The client and topic settings that the engine must set itself, each with the reason why nobody
 * else may.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class EngineOwnedSettings {

  private static final String SERIALIZERS =
      "the engine moves bytes and does its own coding, so that one bad record is one record's"
          + " error. Give the source or sink a serde instead";
  private static final String PLACEMENT =
      "tasks, their inputs and their state must move together, which only the engine's own"
          + " placement knows. Choose with the setting membership";

  private static final Map<String, String> CLIENT =
      Map.ofEntries(
          Map.entry("bootstrap.servers", "it is one for all clients. Set bootstrap.servers"),
          Map.entry(
              "enable.auto.commit",
              "offsets are committed together with state and output. Set commit.interval to choose"
                  + " how often"),
          Map.entry(
              "auto.commit.interval.ms",
              "offsets are committed together with state and output. Set commit.interval to choose"
                  + " how often"),
          Map.entry(
              "isolation.level",
              "reading what may still be aborted would break the guarantee. Leave it out"),
          Map.entry(
              "auto.offset.reset",
              "a missing offset must stop the job, not skip or repeat data. Choose the start of"
                  + " a source in the program"),
          Map.entry(
              "group.id",
              "a stage's group is named after job and stage, and its offsets belong to the job's"
                  + " state. Name the job instead"),
          Map.entry(
              "group.instance.id",
              "it must be unique for each worker. Set instance.id to name the instance"),
          Map.entry("group.protocol", PLACEMENT),
          Map.entry("group.remote.assignor", PLACEMENT),
          Map.entry("partition.assignment.strategy", PLACEMENT),
          Map.entry(
              "transactional.id",
              "each worker needs one that survives restarts, so that it fences its own dead"
                  + " transaction. Leave it out"),
          Map.entry(
              "transaction.timeout.ms",
              "other time limits follow from it. Set transaction.timeout"),
          Map.entry(
              "enable.idempotence", "without it, retries reorder and repeat records. Leave it out"),
          Map.entry("acks", "anything but all loses what was acknowledged. Leave it out"),
          Map.entry(
              "partitioner.class",
              "the engine chooses the partition, so that equal keys meet. Leave it out"),
          Map.entry("key.serializer", SERIALIZERS),
          Map.entry("value.serializer", SERIALIZERS),
          Map.entry("key.deserializer", SERIALIZERS),
          Map.entry("value.deserializer", SERIALIZERS),
          Map.entry("session.timeout.ms", "the engine depends on it. Set session.timeout"),
          Map.entry("heartbeat.interval.ms", "the engine depends on it. Set heartbeat.interval"),
          Map.entry("max.poll.records", "the engine depends on it. Set max.poll.records"),
          Map.entry(
              "allow.auto.create.topics",
              "a topic made by accident has the wrong partition count. Create topics beforehand"),
          Map.entry("client.id", "it tells workers apart. Set instance.id"));

  private static final Map<String, String> TOPIC =
      Map.of(
          "cleanup.policy",
          "it follows from what the topic is for. Leave it out",
          "retention.ms",
          "the engine deletes what every reader has committed, and nothing before. Leave it out",
          "retention.bytes",
          "the engine deletes what every reader has committed, and nothing before. Leave it out",
          "message.timestamp.type",
          "event time lives in the frames, and old times in records make brokers delete them."
              + " Leave it out");

  private EngineOwnedSettings() {}

  /** {@return why a Kafka client's setting may not be set, if so} */
  static Optional<String> clientReason(String key) {
    return Optional.ofNullable(CLIENT.get(key));
  }

  /** {@return why a setting of internal topics may not be set, if so} */
  static Optional<String> topicReason(String key) {
    return Optional.ofNullable(TOPIC.get(key));
  }
}
