package dev.millrace.internal.sim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.CreateTopicsResult.TopicMetadataAndConfig;
import org.apache.kafka.clients.admin.DeleteRecordsResult;
import org.apache.kafka.clients.admin.DeleteTopicsResult;
import org.apache.kafka.clients.admin.DeletedRecords;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;

/**
 * What an admin client learns of topics and logs.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class TopicAnswers {

  private final SimKafka kafka;

  TopicAnswers(SimKafka kafka) {
    this.kafka = kafka;
  }

  CreateTopicsResult create(Collection<NewTopic> wanted) {
    Map<String, KafkaFuture<TopicMetadataAndConfig>> answers = new TreeMap<>();
    for (NewTopic topic : wanted) {
      int partitions = Math.max(1, topic.numPartitions());
      Map<String, String> settings = topic.configs() == null ? Map.of() : topic.configs();
      SimTopic created = kafka.create(topic.name(), partitions, settings);
      answers.put(
          topic.name(),
          created != null
              ? KafkaFuture.completedFuture(
                  new TopicMetadataAndConfig(created.id(), partitions, 1, config(created)))
              : AdminResults.failed(
                  new TopicExistsException("Topic '" + topic.name() + "' already exists.")));
    }
    return AdminResults.make(CreateTopicsResult.class, answers);
  }

  DeleteTopicsResult delete(Collection<String> names) {
    Map<String, KafkaFuture<Void>> answers = new TreeMap<>();
    for (String name : names) {
      answers.put(name, kafka.delete(name) ? AdminResults.done() : unknown(name));
    }
    return AdminResults.make(DeleteTopicsResult.class, null, answers);
  }

  ListTopicsResult list() {
    Map<String, TopicListing> listings = new TreeMap<>();
    for (SimTopic topic : kafka.topics()) {
      if (!Topic.isInternal(topic.name())) {
        listings.put(topic.name(), new TopicListing(topic.name(), topic.id(), false));
      }
    }
    return AdminResults.make(ListTopicsResult.class, KafkaFuture.completedFuture(listings));
  }

  DescribeTopicsResult describe(Collection<String> names) {
    Map<String, KafkaFuture<TopicDescription>> answers = new TreeMap<>();
    for (String name : names) {
      SimTopic topic = kafka.topic(name);
      answers.put(
          name, topic == null ? unknown(name) : KafkaFuture.completedFuture(description(topic)));
    }
    return AdminResults.make(DescribeTopicsResult.class, null, answers);
  }

  private static TopicDescription description(SimTopic topic) {
    List<TopicPartitionInfo> partitions = new ArrayList<>();
    for (int i = 0; i < topic.logs().size(); i++) {
      partitions.add(
          new TopicPartitionInfo(i, SimKafka.NODE, List.of(SimKafka.NODE), List.of(SimKafka.NODE)));
    }
    return new TopicDescription(
        topic.name(), Topic.isInternal(topic.name()), partitions, null, topic.id());
  }

  DescribeConfigsResult describeConfigs(Collection<ConfigResource> resources) {
    Map<ConfigResource, KafkaFuture<Config>> answers = new HashMap<>();
    for (ConfigResource resource : resources) {
      SimTopic topic =
          resource.type() == ConfigResource.Type.TOPIC ? kafka.topic(resource.name()) : null;
      answers.put(
          resource,
          topic == null ? unknown(resource.name()) : KafkaFuture.completedFuture(config(topic)));
    }
    return AdminResults.make(DescribeConfigsResult.class, answers);
  }

  /** Only what the topic was created with; the broker's defaults are left out. */
  private static Config config(SimTopic topic) {
    List<ConfigEntry> entries = new ArrayList<>();
    topic.settings().forEach((name, value) -> entries.add(new ConfigEntry(name, value)));
    return new Config(entries);
  }

  DeleteRecordsResult deleteRecords(Map<TopicPartition, RecordsToDelete> wanted) {
    Map<TopicPartition, KafkaFuture<DeletedRecords>> answers = new HashMap<>();
    wanted.forEach(
        (partition, upTo) -> {
          Optional<SimLog> log = log(partition);
          log.ifPresent(
              found ->
                  found.deleteBefore(upTo.beforeOffset() < 0 ? found.end() : upTo.beforeOffset()));
          answers.put(
              partition,
              log.<KafkaFuture<DeletedRecords>>map(
                      found -> KafkaFuture.completedFuture(new DeletedRecords(found.start())))
                  .orElseGet(() -> unknown(partition.topic())));
        });
    return new DeleteRecordsResult(answers);
  }

  ListOffsetsResult listOffsets(
      Map<TopicPartition, OffsetSpec> questions, IsolationLevel isolation) {
    Map<TopicPartition, KafkaFuture<ListOffsetsResultInfo>> answers = new HashMap<>();
    questions.forEach(
        (partition, spec) ->
            answers.put(
                partition,
                log(partition)
                    .<KafkaFuture<ListOffsetsResultInfo>>map(
                        log ->
                            KafkaFuture.completedFuture(
                                new ListOffsetsResultInfo(
                                    offset(log, spec, isolation),
                                    -1,
                                    Optional.of(log.leaderEpoch()))))
                    .orElseGet(() -> unknown(partition.topic()))));
    return new ListOffsetsResult(answers);
  }

  private static long offset(SimLog log, OffsetSpec spec, IsolationLevel isolation) {
    if (spec instanceof OffsetSpec.LatestSpec) {
      return log.end(isolation);
    }
    if (spec instanceof OffsetSpec.EarliestSpec) {
      return log.start();
    }
    throw new UnsupportedOperationException(
        "The simulated cluster does not know " + spec.getClass().getSimpleName());
  }

  private Optional<SimLog> log(TopicPartition partition) {
    return Optional.ofNullable(kafka.logOrNull(partition));
  }

  private static <T> KafkaFuture<T> unknown(String topic) {
    return AdminResults.failed(
        new UnknownTopicOrPartitionException(
            "This server does not host this topic-partition: " + topic));
  }
}
