package dev.millrace.internal.sim;

import dev.millrace.internal.kafka.CommitMarker;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.AbortTransactionOptions;
import org.apache.kafka.clients.admin.AbortTransactionResult;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.AlterConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.AlterConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.CreatePartitionsResult;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DeleteConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DeleteConsumerGroupsResult;
import org.apache.kafka.clients.admin.DeleteRecordsOptions;
import org.apache.kafka.clients.admin.DeleteRecordsResult;
import org.apache.kafka.clients.admin.DeleteTopicsOptions;
import org.apache.kafka.clients.admin.DeleteTopicsResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsResult;
import org.apache.kafka.clients.admin.DescribeFeaturesOptions;
import org.apache.kafka.clients.admin.DescribeFeaturesResult;
import org.apache.kafka.clients.admin.DescribeProducersOptions;
import org.apache.kafka.clients.admin.DescribeProducersResult;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.DescribeTransactionsOptions;
import org.apache.kafka.clients.admin.DescribeTransactionsResult;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FenceProducersOptions;
import org.apache.kafka.clients.admin.FenceProducersResult;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsResult;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ListTransactionsResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupResult;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicCollection.TopicIdCollection;
import org.apache.kafka.common.TopicCollection.TopicNameCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/**
 * The admin client of the simulated cluster: every answer is there when the call returns.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimAdmin extends UnsupportedAdmin {

  private static final short TRANSACTION_VERSION = 2;

  private final SimKafka kafka;
  private final TopicAnswers topics;
  private final GroupAnswers groups;
  private final TransactionAnswers transactions;

  SimAdmin(SimKafka kafka) {
    this.kafka = kafka;
    this.topics = new TopicAnswers(kafka);
    this.groups = new GroupAnswers(kafka);
    this.transactions = new TransactionAnswers(kafka);
  }

  @Override
  public CreateTopicsResult createTopics(Collection<NewTopic> wanted, CreateTopicsOptions options) {
    return topics.create(wanted);
  }

  @Override
  public CreatePartitionsResult createPartitions(
      Map<String, NewPartitions> wanted, CreatePartitionsOptions options) {
    return topics.grow(wanted);
  }

  @Override
  public DeleteTopicsResult deleteTopics(TopicCollection unwanted, DeleteTopicsOptions options) {
    return unwanted instanceof TopicIdCollection byId
        ? topics.deleteById(byId.topicIds())
        : topics.delete(names(unwanted));
  }

  @Override
  public ListTopicsResult listTopics(ListTopicsOptions options) {
    return topics.list();
  }

  @Override
  public DescribeTopicsResult describeTopics(
      TopicCollection wanted, DescribeTopicsOptions options) {
    return topics.describe(names(wanted));
  }

  private static Collection<String> names(TopicCollection topics) {
    if (topics instanceof TopicNameCollection named) {
      return named.topicNames();
    }
    throw new UnsupportedOperationException("The simulated cluster knows topics by name only");
  }

  @Override
  public DescribeConfigsResult describeConfigs(
      Collection<ConfigResource> resources, DescribeConfigsOptions options) {
    return topics.describeConfigs(resources);
  }

  @Override
  public DeleteRecordsResult deleteRecords(
      Map<TopicPartition, RecordsToDelete> wanted, DeleteRecordsOptions options) {
    return topics.deleteRecords(wanted);
  }

  @Override
  public ListOffsetsResult listOffsets(
      Map<TopicPartition, OffsetSpec> questions, ListOffsetsOptions options) {
    return topics.listOffsets(questions, options.isolationLevel());
  }

  @Override
  public DescribeConsumerGroupsResult describeConsumerGroups(
      Collection<String> ids, DescribeConsumerGroupsOptions options) {
    return groups.describe(ids);
  }

  @Override
  public ListConsumerGroupOffsetsResult listConsumerGroupOffsets(
      Map<String, ListConsumerGroupOffsetsSpec> questions,
      ListConsumerGroupOffsetsOptions options) {
    return groups.offsets(questions, options.requireStable());
  }

  @Override
  public AlterConsumerGroupOffsetsResult alterConsumerGroupOffsets(
      String id,
      Map<TopicPartition, OffsetAndMetadata> offsets,
      AlterConsumerGroupOffsetsOptions options) {
    return groups.alter(id, offsets);
  }

  @Override
  public DeleteConsumerGroupsResult deleteConsumerGroups(
      Collection<String> ids, DeleteConsumerGroupsOptions options) {
    return groups.delete(ids);
  }

  @Override
  public RemoveMembersFromConsumerGroupResult removeMembersFromConsumerGroup(
      String id, RemoveMembersFromConsumerGroupOptions options) {
    return groups.remove(id, options);
  }

  @Override
  public DescribeProducersResult describeProducers(
      Collection<TopicPartition> partitions, DescribeProducersOptions options) {
    return transactions.producers(partitions);
  }

  @Override
  public ListTransactionsResult listTransactions(ListTransactionsOptions options) {
    return transactions.list(options);
  }

  @Override
  public DescribeTransactionsResult describeTransactions(
      Collection<String> transactionalIds, DescribeTransactionsOptions options) {
    return transactions.describe(transactionalIds);
  }

  @Override
  public AbortTransactionResult abortTransaction(
      AbortTransactionSpec spec, AbortTransactionOptions options) {
    return transactions.abort(spec);
  }

  /** What admin clients cannot do yet, and {@link SimClients} can. */
  Map<CommitMarker, KafkaFuture<Void>> commitTransactions(List<CommitMarker> markers) {
    return transactions.commit(markers);
  }

  @Override
  public FenceProducersResult fenceProducers(
      Collection<String> transactionalIds, FenceProducersOptions options) {
    return transactions.fence(transactionalIds);
  }

  @Override
  public DescribeFeaturesResult describeFeatures(DescribeFeaturesOptions options) {
    FinalizedVersionRange version =
        new FinalizedVersionRange(TRANSACTION_VERSION, TRANSACTION_VERSION);
    FeatureMetadata features =
        AdminResults.make(
            FeatureMetadata.class,
            Map.of("transaction.version", version),
            Optional.of(1L),
            Map.of());
    return AdminResults.make(
        DescribeFeaturesResult.class,
        AdminCall.begin(kafka, "describeFeatures")
            .answer(() -> KafkaFuture.completedFuture(features)));
  }

  @Override
  public void close(Duration timeout) {}
}
