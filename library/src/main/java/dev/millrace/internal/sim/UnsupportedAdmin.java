package dev.millrace.internal.sim;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionOptions;
import org.apache.kafka.clients.admin.AbortTransactionResult;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.AddRaftVoterOptions;
import org.apache.kafka.clients.admin.AddRaftVoterResult;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterClientQuotasOptions;
import org.apache.kafka.clients.admin.AlterClientQuotasResult;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.AlterConfigsResult;
import org.apache.kafka.clients.admin.AlterPartitionReassignmentsOptions;
import org.apache.kafka.clients.admin.AlterPartitionReassignmentsResult;
import org.apache.kafka.clients.admin.AlterReplicaLogDirsOptions;
import org.apache.kafka.clients.admin.AlterReplicaLogDirsResult;
import org.apache.kafka.clients.admin.AlterShareGroupOffsetsOptions;
import org.apache.kafka.clients.admin.AlterShareGroupOffsetsResult;
import org.apache.kafka.clients.admin.AlterStreamsGroupOffsetsOptions;
import org.apache.kafka.clients.admin.AlterStreamsGroupOffsetsResult;
import org.apache.kafka.clients.admin.AlterUserScramCredentialsOptions;
import org.apache.kafka.clients.admin.AlterUserScramCredentialsResult;
import org.apache.kafka.clients.admin.CreateAclsOptions;
import org.apache.kafka.clients.admin.CreateAclsResult;
import org.apache.kafka.clients.admin.CreateDelegationTokenOptions;
import org.apache.kafka.clients.admin.CreateDelegationTokenResult;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.CreatePartitionsResult;
import org.apache.kafka.clients.admin.DeleteAclsOptions;
import org.apache.kafka.clients.admin.DeleteAclsResult;
import org.apache.kafka.clients.admin.DeleteConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.DeleteConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.DeleteShareGroupOffsetsOptions;
import org.apache.kafka.clients.admin.DeleteShareGroupOffsetsResult;
import org.apache.kafka.clients.admin.DeleteShareGroupsOptions;
import org.apache.kafka.clients.admin.DeleteShareGroupsResult;
import org.apache.kafka.clients.admin.DeleteStreamsGroupOffsetsOptions;
import org.apache.kafka.clients.admin.DeleteStreamsGroupOffsetsResult;
import org.apache.kafka.clients.admin.DeleteStreamsGroupsOptions;
import org.apache.kafka.clients.admin.DeleteStreamsGroupsResult;
import org.apache.kafka.clients.admin.DescribeAclsOptions;
import org.apache.kafka.clients.admin.DescribeAclsResult;
import org.apache.kafka.clients.admin.DescribeClassicGroupsOptions;
import org.apache.kafka.clients.admin.DescribeClassicGroupsResult;
import org.apache.kafka.clients.admin.DescribeClientQuotasOptions;
import org.apache.kafka.clients.admin.DescribeClientQuotasResult;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeDelegationTokenOptions;
import org.apache.kafka.clients.admin.DescribeDelegationTokenResult;
import org.apache.kafka.clients.admin.DescribeLogDirsOptions;
import org.apache.kafka.clients.admin.DescribeLogDirsResult;
import org.apache.kafka.clients.admin.DescribeMetadataQuorumOptions;
import org.apache.kafka.clients.admin.DescribeMetadataQuorumResult;
import org.apache.kafka.clients.admin.DescribeReplicaLogDirsOptions;
import org.apache.kafka.clients.admin.DescribeReplicaLogDirsResult;
import org.apache.kafka.clients.admin.DescribeShareGroupsOptions;
import org.apache.kafka.clients.admin.DescribeShareGroupsResult;
import org.apache.kafka.clients.admin.DescribeStreamsGroupsOptions;
import org.apache.kafka.clients.admin.DescribeStreamsGroupsResult;
import org.apache.kafka.clients.admin.DescribeTransactionsOptions;
import org.apache.kafka.clients.admin.DescribeTransactionsResult;
import org.apache.kafka.clients.admin.DescribeUserScramCredentialsOptions;
import org.apache.kafka.clients.admin.DescribeUserScramCredentialsResult;
import org.apache.kafka.clients.admin.ElectLeadersOptions;
import org.apache.kafka.clients.admin.ElectLeadersResult;
import org.apache.kafka.clients.admin.ExpireDelegationTokenOptions;
import org.apache.kafka.clients.admin.ExpireDelegationTokenResult;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListClientMetricsResourcesOptions;
import org.apache.kafka.clients.admin.ListClientMetricsResourcesResult;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesResult;
import org.apache.kafka.clients.admin.ListConsumerGroupsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupsResult;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListGroupsResult;
import org.apache.kafka.clients.admin.ListPartitionReassignmentsOptions;
import org.apache.kafka.clients.admin.ListPartitionReassignmentsResult;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.clients.admin.RemoveRaftVoterOptions;
import org.apache.kafka.clients.admin.RemoveRaftVoterResult;
import org.apache.kafka.clients.admin.RenewDelegationTokenOptions;
import org.apache.kafka.clients.admin.RenewDelegationTokenResult;
import org.apache.kafka.clients.admin.TerminateTransactionOptions;
import org.apache.kafka.clients.admin.TerminateTransactionResult;
import org.apache.kafka.clients.admin.UnregisterBrokerOptions;
import org.apache.kafka.clients.admin.UnregisterBrokerResult;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.admin.UpdateFeaturesResult;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaFilter;

/**
 * The calls that the simulated admin client refuses, because the engine does not make them.
 *
 * <p><b>Threads.</b> Stateless.
 */
@SuppressWarnings({"deprecation", "removal"}) // the interface still has what is to go
abstract class UnsupportedAdmin implements Admin {

  private static UnsupportedOperationException unsupported(String method) {
    return new UnsupportedOperationException("The simulated admin client does not know " + method);
  }

  @Override
  public DescribeClusterResult describeCluster(DescribeClusterOptions options) {
    throw unsupported("describeCluster");
  }

  @Override
  public DescribeAclsResult describeAcls(
      AclBindingFilter aclBindingFilter, DescribeAclsOptions options) {
    throw unsupported("describeAcls");
  }

  @Override
  public CreateAclsResult createAcls(Collection<AclBinding> wanted, CreateAclsOptions options) {
    throw unsupported("createAcls");
  }

  @Override
  public DeleteAclsResult deleteAcls(
      Collection<AclBindingFilter> wanted, DeleteAclsOptions options) {
    throw unsupported("deleteAcls");
  }

  @Override
  public AlterConfigsResult incrementalAlterConfigs(
      Map<ConfigResource, Collection<AlterConfigOp>> wanted, AlterConfigsOptions options) {
    throw unsupported("incrementalAlterConfigs");
  }

  @Override
  public AlterReplicaLogDirsResult alterReplicaLogDirs(
      Map<TopicPartitionReplica, String> wanted, AlterReplicaLogDirsOptions options) {
    throw unsupported("alterReplicaLogDirs");
  }

  @Override
  public DescribeLogDirsResult describeLogDirs(
      Collection<Integer> wanted, DescribeLogDirsOptions options) {
    throw unsupported("describeLogDirs");
  }

  @Override
  public DescribeReplicaLogDirsResult describeReplicaLogDirs(
      Collection<TopicPartitionReplica> wanted, DescribeReplicaLogDirsOptions options) {
    throw unsupported("describeReplicaLogDirs");
  }

  @Override
  public CreatePartitionsResult createPartitions(
      Map<String, NewPartitions> wanted, CreatePartitionsOptions options) {
    throw unsupported("createPartitions");
  }

  @Override
  public CreateDelegationTokenResult createDelegationToken(CreateDelegationTokenOptions options) {
    throw unsupported("createDelegationToken");
  }

  @Override
  public RenewDelegationTokenResult renewDelegationToken(
      byte[] bytes, RenewDelegationTokenOptions options) {
    throw unsupported("renewDelegationToken");
  }

  @Override
  public ExpireDelegationTokenResult expireDelegationToken(
      byte[] bytes, ExpireDelegationTokenOptions options) {
    throw unsupported("expireDelegationToken");
  }

  @Override
  public DescribeDelegationTokenResult describeDelegationToken(
      DescribeDelegationTokenOptions options) {
    throw unsupported("describeDelegationToken");
  }

  @Override
  public ListConsumerGroupsResult listConsumerGroups(ListConsumerGroupsOptions options) {
    throw unsupported("listConsumerGroups");
  }

  @Override
  public ListStreamsGroupOffsetsResult listStreamsGroupOffsets(
      Map<String, ListStreamsGroupOffsetsSpec> wanted, ListStreamsGroupOffsetsOptions options) {
    throw unsupported("listStreamsGroupOffsets");
  }

  @Override
  public DeleteStreamsGroupsResult deleteStreamsGroups(
      Collection<String> wanted, DeleteStreamsGroupsOptions options) {
    throw unsupported("deleteStreamsGroups");
  }

  @Override
  public DeleteConsumerGroupOffsetsResult deleteConsumerGroupOffsets(
      String name, Set<TopicPartition> wanted, DeleteConsumerGroupOffsetsOptions options) {
    throw unsupported("deleteConsumerGroupOffsets");
  }

  @Override
  public DeleteStreamsGroupOffsetsResult deleteStreamsGroupOffsets(
      String name, Set<TopicPartition> wanted, DeleteStreamsGroupOffsetsOptions options) {
    throw unsupported("deleteStreamsGroupOffsets");
  }

  @Override
  public ListGroupsResult listGroups(ListGroupsOptions options) {
    throw unsupported("listGroups");
  }

  @Override
  public ElectLeadersResult electLeaders(
      ElectionType electionType, Set<TopicPartition> wanted, ElectLeadersOptions options) {
    throw unsupported("electLeaders");
  }

  @Override
  public AlterPartitionReassignmentsResult alterPartitionReassignments(
      Map<TopicPartition, Optional<NewPartitionReassignment>> wanted,
      AlterPartitionReassignmentsOptions options) {
    throw unsupported("alterPartitionReassignments");
  }

  @Override
  public ListPartitionReassignmentsResult listPartitionReassignments(
      Optional<Set<TopicPartition>> wanted, ListPartitionReassignmentsOptions options) {
    throw unsupported("listPartitionReassignments");
  }

  @Override
  public AlterStreamsGroupOffsetsResult alterStreamsGroupOffsets(
      String name,
      Map<TopicPartition, OffsetAndMetadata> wanted,
      AlterStreamsGroupOffsetsOptions options) {
    throw unsupported("alterStreamsGroupOffsets");
  }

  @Override
  public DescribeClientQuotasResult describeClientQuotas(
      ClientQuotaFilter clientQuotaFilter, DescribeClientQuotasOptions options) {
    throw unsupported("describeClientQuotas");
  }

  @Override
  public AlterClientQuotasResult alterClientQuotas(
      Collection<ClientQuotaAlteration> wanted, AlterClientQuotasOptions options) {
    throw unsupported("alterClientQuotas");
  }

  @Override
  public DescribeUserScramCredentialsResult describeUserScramCredentials(
      List<String> wanted, DescribeUserScramCredentialsOptions options) {
    throw unsupported("describeUserScramCredentials");
  }

  @Override
  public AlterUserScramCredentialsResult alterUserScramCredentials(
      List<UserScramCredentialAlteration> wanted, AlterUserScramCredentialsOptions options) {
    throw unsupported("alterUserScramCredentials");
  }

  @Override
  public UpdateFeaturesResult updateFeatures(
      Map<String, FeatureUpdate> wanted, UpdateFeaturesOptions options) {
    throw unsupported("updateFeatures");
  }

  @Override
  public DescribeMetadataQuorumResult describeMetadataQuorum(
      DescribeMetadataQuorumOptions options) {
    throw unsupported("describeMetadataQuorum");
  }

  @Override
  public UnregisterBrokerResult unregisterBroker(int number, UnregisterBrokerOptions options) {
    throw unsupported("unregisterBroker");
  }

  @Override
  public DescribeTransactionsResult describeTransactions(
      Collection<String> wanted, DescribeTransactionsOptions options) {
    throw unsupported("describeTransactions");
  }

  @Override
  public AbortTransactionResult abortTransaction(
      AbortTransactionSpec abortTransactionSpec, AbortTransactionOptions options) {
    throw unsupported("abortTransaction");
  }

  @Override
  public ListConfigResourcesResult listConfigResources(
      Set<ConfigResource.Type> wanted, ListConfigResourcesOptions options) {
    throw unsupported("listConfigResources");
  }

  @Override
  public ListClientMetricsResourcesResult listClientMetricsResources(
      ListClientMetricsResourcesOptions options) {
    throw unsupported("listClientMetricsResources");
  }

  @Override
  public Uuid clientInstanceId(Duration timeout) {
    throw unsupported("clientInstanceId");
  }

  @Override
  public AddRaftVoterResult addRaftVoter(
      int number, Uuid uuid, Set<RaftVoterEndpoint> wanted, AddRaftVoterOptions options) {
    throw unsupported("addRaftVoter");
  }

  @Override
  public RemoveRaftVoterResult removeRaftVoter(
      int number, Uuid uuid, RemoveRaftVoterOptions options) {
    throw unsupported("removeRaftVoter");
  }

  @Override
  public DescribeShareGroupsResult describeShareGroups(
      Collection<String> wanted, DescribeShareGroupsOptions options) {
    throw unsupported("describeShareGroups");
  }

  @Override
  public AlterShareGroupOffsetsResult alterShareGroupOffsets(
      String name, Map<TopicPartition, Long> wanted, AlterShareGroupOffsetsOptions options) {
    throw unsupported("alterShareGroupOffsets");
  }

  @Override
  public ListShareGroupOffsetsResult listShareGroupOffsets(
      Map<String, ListShareGroupOffsetsSpec> wanted, ListShareGroupOffsetsOptions options) {
    throw unsupported("listShareGroupOffsets");
  }

  @Override
  public DeleteShareGroupOffsetsResult deleteShareGroupOffsets(
      String name, Set<String> wanted, DeleteShareGroupOffsetsOptions options) {
    throw unsupported("deleteShareGroupOffsets");
  }

  @Override
  public DeleteShareGroupsResult deleteShareGroups(
      Collection<String> wanted, DeleteShareGroupsOptions options) {
    throw unsupported("deleteShareGroups");
  }

  @Override
  public DescribeStreamsGroupsResult describeStreamsGroups(
      Collection<String> wanted, DescribeStreamsGroupsOptions options) {
    throw unsupported("describeStreamsGroups");
  }

  @Override
  public DescribeClassicGroupsResult describeClassicGroups(
      Collection<String> wanted, DescribeClassicGroupsOptions options) {
    throw unsupported("describeClassicGroups");
  }

  @Override
  public void registerMetricForSubscription(KafkaMetric kafkaMetric) {
    throw unsupported("registerMetricForSubscription");
  }

  @Override
  public void unregisterMetricFromSubscription(KafkaMetric kafkaMetric) {
    throw unsupported("unregisterMetricFromSubscription");
  }

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    throw unsupported("metrics");
  }

  @Override
  public TerminateTransactionResult forceTerminateTransaction(
      String name, TerminateTransactionOptions options) {
    throw unsupported("forceTerminateTransaction");
  }
}
