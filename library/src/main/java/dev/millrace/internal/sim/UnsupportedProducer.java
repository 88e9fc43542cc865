package dev.millrace.internal.sim;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metrics.KafkaMetric;

/**
 * The calls that the simulated producer refuses, because the engine does not make them.
 *
 * <p><b>Threads.</b> Stateless.
 */
abstract class UnsupportedProducer implements Producer<byte[], byte[]> {

  private static UnsupportedOperationException unsupported(String method) {
    return new UnsupportedOperationException("The simulated producer does not know " + method);
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
  public List<PartitionInfo> partitionsFor(String name) {
    throw unsupported("partitionsFor");
  }

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    throw unsupported("metrics");
  }

  @Override
  public Uuid clientInstanceId(Duration timeout) {
    throw unsupported("clientInstanceId");
  }
}
