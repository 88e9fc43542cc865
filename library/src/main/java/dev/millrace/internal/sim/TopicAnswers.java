package dev.millrace.internal.sim;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreatePartitionsResult;
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
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;

/**
 * The answers to an admin client's calls about topics and logs.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class TopicAnswers {

  private final SimKafka kafka;

  TopicAnswers(SimKafka kafka) {
    this.kafka = kafka;
  }

  CreateTopicsResult create(Collection<NewTopic> wanted) {
    Map<String, NewTopic> byName = new LinkedHashMap<>();
    wanted.forEach(topic -> byName.put(topic.name(), topic));
    return AdminResults.make(
        CreateTopicsResult.class,
        AdminCall.begin(kafka, "createTopics")
            .<String, TopicMetadataAndConfig>answers(
                byName.keySet(), name -> create(requireNonNull(byName.get(name)))));
  }

  private KafkaFuture<TopicMetadataAndConfig> create(NewTopic topic) {
    int partitions = Math.max(1, topic.numPartitions());
    Map<String, String> settings = topic.configs() == null ? Map.of() : topic.configs();
    SimTopic created = kafka.create(topic.name(), partitions, settings);
    return created != null
        ? KafkaFuture.completedFuture(
            new TopicMetadataAndConfig(created.id(), partitions, 1, config(created)))
        : AdminResults.failed(
            new TopicExistsException("Topic '" + topic.name() + "' already exists."));
  }

  CreatePartitionsResult grow(Map<String, NewPartitions> wanted) {
    Map<String, KafkaFuture<Void>> answers = new TreeMap<>();
    wanted.forEach(
        (name, partitions) -> {
          try {
            kafka.grow(name, partitions.totalCount());
            answers.put(name, AdminResults.done());
          } catch (InvalidPartitionsException e) {
            answers.put(name, AdminResults.failed(e));
          }
        });
    return AdminResults.make(CreatePartitionsResult.class, answers);
  }

  DeleteTopicsResult delete(Collection<String> names) {
    return AdminResults.make(
        DeleteTopicsResult.class,
        null,
        AdminCall.begin(kafka, "deleteTopics")
            .<String, Void>answers(
                names, name -> kafka.delete(name) ? AdminResults.done() : unknown(name)));
  }

  DeleteTopicsResult deleteById(Collection<Uuid> ids) {
    return AdminResults.make(
        DeleteTopicsResult.class,
        AdminCall.begin(kafka, "deleteTopics").<Uuid, Void>answers(ids, this::delete),
        null);
  }

  private KafkaFuture<Void> delete(Uuid id) {
    for (SimTopic topic : List.copyOf(kafka.topics())) {
      if (topic.id().equals(id) && kafka.delete(topic.name())) {
        return AdminResults.done();
      }
    }
    return AdminResults.failed(new UnknownTopicIdException("This server does not host " + id));
  }

  ListTopicsResult list() {
    return AdminResults.make(
        ListTopicsResult.class,
        AdminCall.begin(kafka, "listTopics").answer(() -> KafkaFuture.completedFuture(listings())));
  }

  private Map<String, TopicListing> listings() {
    Map<String, TopicListing> listings = new TreeMap<>();
    for (SimTopic topic : kafka.topics()) {
      if (!Topic.isInternal(topic.name())) {
        listings.put(topic.name(), new TopicListing(topic.name(), topic.id(), false));
      }
    }
    return listings;
  }

  DescribeTopicsResult describe(Collection<String> names) {
    return AdminResults.make(
        DescribeTopicsResult.class,
        null,
        AdminCall.begin(kafka, "describeTopics")
            .<String, TopicDescription>answers(names, this::describe));
  }

  private KafkaFuture<TopicDescription> describe(String name) {
    SimTopic topic = kafka.topic(name);
    return topic == null ? unknown(name) : KafkaFuture.completedFuture(description(topic));
  }

  private TopicDescription description(SimTopic topic) {
    List<TopicPartitionInfo> partitions = new ArrayList<>();
    for (int i = 0; i < topic.logs().size(); i++) {
      Node leader =
          kafka.clusterFaults().isWithoutLeader(new TopicPartition(topic.name(), i))
              ? null
              : SimKafka.NODE;
      partitions.add(
          new TopicPartitionInfo(i, leader, List.of(SimKafka.NODE), List.of(SimKafka.NODE)));
    }
    return new TopicDescription(
        topic.name(), Topic.isInternal(topic.name()), partitions, null, topic.id());
  }

  DescribeConfigsResult describeConfigs(Collection<ConfigResource> resources) {
    return AdminResults.make(
        DescribeConfigsResult.class,
        AdminCall.begin(kafka, "describeConfigs")
            .<ConfigResource, Config>answers(resources, this::config));
  }

  private KafkaFuture<Config> config(ConfigResource resource) {
    SimTopic topic =
        resource.type() == ConfigResource.Type.TOPIC ? kafka.topic(resource.name()) : null;
    return topic == null ? unknown(resource.name()) : KafkaFuture.completedFuture(config(topic));
  }

  /** Only what the topic was created with; the broker's defaults are left out. */
  private static Config config(SimTopic topic) {
    List<ConfigEntry> entries = new ArrayList<>();
    topic.settings().forEach((name, value) -> entries.add(new ConfigEntry(name, value)));
    return new Config(entries);
  }

  DeleteRecordsResult deleteRecords(Map<TopicPartition, RecordsToDelete> wanted) {
    return new DeleteRecordsResult(
        AdminCall.begin(kafka, "deleteRecords")
            .<TopicPartition, DeletedRecords>answers(
                wanted.keySet(),
                partition -> deleteRecords(partition, requireNonNull(wanted.get(partition)))));
  }

  private KafkaFuture<DeletedRecords> deleteRecords(
      TopicPartition partition, RecordsToDelete upTo) {
    SimLog log = kafka.logOrNull(partition);
    if (log == null) {
      return unknown(partition.topic());
    }
    log.deleteBefore(upTo.beforeOffset() < 0 ? log.end() : upTo.beforeOffset());
    return KafkaFuture.completedFuture(new DeletedRecords(log.start()));
  }

  ListOffsetsResult listOffsets(
      Map<TopicPartition, OffsetSpec> questions, IsolationLevel isolation) {
    return new ListOffsetsResult(
        AdminCall.begin(kafka, "listOffsets")
            .<TopicPartition, ListOffsetsResultInfo>answers(
                questions.keySet(),
                partition ->
                    listOffset(partition, requireNonNull(questions.get(partition)), isolation)));
  }

  private KafkaFuture<ListOffsetsResultInfo> listOffset(
      TopicPartition partition, OffsetSpec spec, IsolationLevel isolation) {
    SimLog log = kafka.logOrNull(partition);
    return log == null
        ? unknown(partition.topic())
        : KafkaFuture.completedFuture(
            new ListOffsetsResultInfo(
                offset(log, spec, isolation), -1, Optional.of(log.leaderEpoch())));
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

  private static <T> KafkaFuture<T> unknown(String topic) {
    return AdminResults.failed(
        new UnknownTopicOrPartitionException(
            "This server does not host this topic-partition: " + topic));
  }
}
