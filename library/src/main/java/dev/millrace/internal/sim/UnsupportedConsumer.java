package dev.millrace.internal.sim;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metrics.KafkaMetric;

/**
 * The calls that the simulated consumer refuses, because the engine does not make them.
 *
 * <p><b>Threads.</b> Stateless.
 */
@SuppressWarnings({"deprecation", "removal"}) // the interface still has what is to go
abstract class UnsupportedConsumer implements Consumer<byte[], byte[]> {

  private static UnsupportedOperationException unsupported(String method) {
    return new UnsupportedOperationException("The simulated consumer does not know " + method);
  }

  @Override
  public void subscribe(Pattern pattern, ConsumerRebalanceListener consumerRebalanceListener) {
    throw unsupported("subscribe");
  }

  @Override
  public void subscribe(Pattern pattern) {
    throw unsupported("subscribe");
  }

  @Override
  public void subscribe(
      SubscriptionPattern subscriptionPattern,
      ConsumerRebalanceListener consumerRebalanceListener) {
    throw unsupported("subscribe");
  }

  @Override
  public void subscribe(SubscriptionPattern subscriptionPattern) {
    throw unsupported("subscribe");
  }

  @Override
  public void commitSync() {
    throw unsupported("commitSync");
  }

  @Override
  public void commitSync(Duration timeout) {
    throw unsupported("commitSync");
  }

  @Override
  public void commitAsync() {
    throw unsupported("commitAsync");
  }

  @Override
  public void commitAsync(OffsetCommitCallback offsetCommitCallback) {
    throw unsupported("commitAsync");
  }

  @Override
  public void commitAsync(
      Map<TopicPartition, OffsetAndMetadata> wanted, OffsetCommitCallback offsetCommitCallback) {
    throw unsupported("commitAsync");
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
  public Uuid clientInstanceId(Duration timeout) {
    throw unsupported("clientInstanceId");
  }

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    throw unsupported("metrics");
  }

  @Override
  public List<PartitionInfo> partitionsFor(String name) {
    throw unsupported("partitionsFor");
  }

  @Override
  public List<PartitionInfo> partitionsFor(String name, Duration timeout) {
    throw unsupported("partitionsFor");
  }

  @Override
  public Map<String, List<PartitionInfo>> listTopics() {
    throw unsupported("listTopics");
  }

  @Override
  public Map<String, List<PartitionInfo>> listTopics(Duration timeout) {
    throw unsupported("listTopics");
  }

  @Override
  public Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> wanted) {
    throw unsupported("offsetsForTimes");
  }

  @Override
  public Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
      Map<TopicPartition, Long> wanted, Duration timeout) {
    throw unsupported("offsetsForTimes");
  }

  @Override
  public Map<TopicPartition, Long> beginningOffsets(
      Collection<TopicPartition> wanted, Duration timeout) {
    throw unsupported("beginningOffsets");
  }

  @Override
  public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> wanted, Duration timeout) {
    throw unsupported("endOffsets");
  }

  @Override
  public void enforceRebalance() {
    throw unsupported("enforceRebalance");
  }

  @Override
  public void enforceRebalance(String name) {
    throw unsupported("enforceRebalance");
  }

  @Override
  public void close(Duration timeout) {
    throw unsupported("close");
  }

  @Override
  public void wakeup() {
    throw unsupported("wakeup");
  }
}
