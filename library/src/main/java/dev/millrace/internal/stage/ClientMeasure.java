package dev.millrace.internal.stage;

import static dev.millrace.internal.stage.ClientMeasure.Client.CONSUMER;
import static dev.millrace.internal.stage.ClientMeasure.Client.PRODUCER;
import static dev.millrace.metrics.Metric.Kind.COUNTER;
import static dev.millrace.metrics.Metric.Kind.GAUGE;
import static dev.millrace.metrics.Metric.Unit.BYTES;
import static dev.millrace.metrics.Metric.Unit.NUMBER;
import static dev.millrace.metrics.Metric.Unit.SECONDS;

import dev.millrace.metrics.Metric;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.kafka.common.MetricName;

/**
 * The figures of Kafka's clients that are passed on: those of a worker's consumer and of its
 * producer which show what its own do not. Clients have a few hundred each.
 *
 * <p>Averages and maxima are those of the last minute or so, as the client has them.
 */
public enum ClientMeasure {
  RECORDS_LAG_MAX(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "records-lag-max",
      GAUGE,
      NUMBER,
      "records_lag_max",
      "The largest lag of a partition, in records that were not fetched."),
  FETCH_LATENCY_AVG(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "fetch-latency-avg",
      GAUGE,
      SECONDS,
      "fetch_latency_avg_seconds",
      "How long fetches took, the brokers' wait for data included."),
  FETCH_LATENCY_MAX(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "fetch-latency-max",
      GAUGE,
      SECONDS,
      "fetch_latency_max_seconds",
      "How long the slowest fetch took."),
  FETCH_THROTTLE_TIME_AVG(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "fetch-throttle-time-avg",
      GAUGE,
      SECONDS,
      "fetch_throttle_time_avg_seconds",
      "How long brokers held fetches back because of a quota."),
  FETCH_SIZE_AVG(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "fetch-size-avg",
      GAUGE,
      BYTES,
      "fetch_size_avg_bytes",
      "Bytes of a fetch."),
  FETCHES(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "fetch-total",
      COUNTER,
      NUMBER,
      "fetches_total",
      "Fetches."),
  CONSUMED_BYTES(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "bytes-consumed-total",
      COUNTER,
      BYTES,
      "consumed_bytes_total",
      "Bytes of records that were fetched, before compression."),
  CONSUMED_RECORDS(
      CONSUMER,
      "consumer-fetch-manager-metrics",
      "records-consumed-total",
      COUNTER,
      NUMBER,
      "consumed_records_total",
      "Kafka records that were fetched."),
  COMMIT_LATENCY_AVG(
      CONSUMER,
      "consumer-coordinator-metrics",
      "commit-latency-avg",
      GAUGE,
      SECONDS,
      "commit_latency_avg_seconds",
      "How long commits of offsets took that are in no transaction."),
  REBALANCES(
      CONSUMER,
      "consumer-coordinator-metrics",
      "rebalance-total",
      COUNTER,
      NUMBER,
      "rebalances_total",
      "Rebalances that the worker took part in."),
  FAILED_REBALANCES(
      CONSUMER,
      "consumer-coordinator-metrics",
      "failed-rebalance-total",
      COUNTER,
      NUMBER,
      "failed_rebalances_total",
      "Rebalances that failed."),
  REBALANCE_LATENCY_AVG(
      CONSUMER,
      "consumer-coordinator-metrics",
      "rebalance-latency-avg",
      GAUGE,
      SECONDS,
      "rebalance_latency_avg_seconds",
      "How long rebalances took."),
  LAST_HEARTBEAT_AGE(
      CONSUMER,
      "consumer-coordinator-metrics",
      "last-heartbeat-seconds-ago",
      GAUGE,
      SECONDS,
      "last_heartbeat_age_seconds",
      "How long ago the last heartbeat was."),
  TIME_BETWEEN_POLL_MAX(
      CONSUMER,
      "consumer-metrics",
      "time-between-poll-max",
      GAUGE,
      SECONDS,
      "time_between_poll_max_seconds",
      "The longest time between two polls; the group gives up a worker that takes too long."),
  CONSUMER_CONNECTIONS(
      CONSUMER,
      "consumer-metrics",
      "connection-count",
      GAUGE,
      NUMBER,
      "connections",
      "Connections to brokers."),
  CONSUMER_FAILED_AUTHENTICATIONS(
      CONSUMER,
      "consumer-metrics",
      "failed-authentication-total",
      COUNTER,
      NUMBER,
      "failed_authentications_total",
      "Connections that brokers refused because of who asked."),

  SENT_RECORDS(
      PRODUCER,
      "producer-metrics",
      "record-send-total",
      COUNTER,
      NUMBER,
      "sent_records_total",
      "Kafka records that were sent."),
  RECORD_ERRORS(
      PRODUCER,
      "producer-metrics",
      "record-error-total",
      COUNTER,
      NUMBER,
      "record_errors_total",
      "Records that could not be delivered."),
  RECORD_RETRIES(
      PRODUCER,
      "producer-metrics",
      "record-retry-total",
      COUNTER,
      NUMBER,
      "record_retries_total",
      "Records that were sent again."),
  BATCH_SIZE_AVG(
      PRODUCER,
      "producer-metrics",
      "batch-size-avg",
      GAUGE,
      BYTES,
      "batch_size_avg_bytes",
      "Bytes of a batch for one partition, after compression."),
  COMPRESSION_RATE_AVG(
      PRODUCER,
      "producer-metrics",
      "compression-rate-avg",
      GAUGE,
      NUMBER,
      "compression_rate_avg",
      "The size of batches after compression as a share of that before."),
  RECORD_QUEUE_TIME_AVG(
      PRODUCER,
      "producer-metrics",
      "record-queue-time-avg",
      GAUGE,
      SECONDS,
      "record_queue_time_avg_seconds",
      "How long batches waited before they were sent."),
  REQUEST_LATENCY_AVG(
      PRODUCER,
      "producer-metrics",
      "request-latency-avg",
      GAUGE,
      SECONDS,
      "request_latency_avg_seconds",
      "How long brokers took to answer."),
  REQUEST_LATENCY_MAX(
      PRODUCER,
      "producer-metrics",
      "request-latency-max",
      GAUGE,
      SECONDS,
      "request_latency_max_seconds",
      "How long brokers took for the slowest answer."),
  PRODUCE_THROTTLE_TIME_AVG(
      PRODUCER,
      "producer-metrics",
      "produce-throttle-time-avg",
      GAUGE,
      SECONDS,
      "produce_throttle_time_avg_seconds",
      "How long brokers held requests back because of a quota."),
  BUFFER_WAIT_TIME(
      PRODUCER,
      "producer-metrics",
      "bufferpool-wait-time-ns-total",
      COUNTER,
      SECONDS,
      "buffer_wait_seconds_total",
      "Time in which a worker waited for room in the client's memory."),
  TRANSACTION_COMMIT_TIME(
      PRODUCER,
      "producer-metrics",
      "txn-commit-time-ns-total",
      COUNTER,
      SECONDS,
      "transaction_commit_seconds_total",
      "Time in which a worker waited for transactions to commit."),
  PRODUCER_CONNECTIONS(
      PRODUCER,
      "producer-metrics",
      "connection-count",
      GAUGE,
      NUMBER,
      "connections",
      "Connections to brokers."),
  PRODUCER_FAILED_AUTHENTICATIONS(
      PRODUCER,
      "producer-metrics",
      "failed-authentication-total",
      COUNTER,
      NUMBER,
      "failed_authentications_total",
      "Connections that brokers refused because of who asked.");

  private static final String CLIENT_ID = "client-id";

  /** A client of a worker. */
  public enum Client {
    CONSUMER("kafka_consumer_"),
    PRODUCER("kafka_producer_");

    private final String prefix;

    Client(String prefix) {
      this.prefix = prefix;
    }
  }

  private final Client client;
  private final String group;
  private final String kafkaName;

  @SuppressWarnings("ImmutableEnumChecker") // a record of texts, whose list is a copy
  private final Metric metric;

  ClientMeasure(
      Client client,
      String group,
      String kafkaName,
      Metric.Kind kind,
      Metric.Unit unit,
      String name,
      String help) {
    this.client = client;
    this.group = group;
    this.kafkaName = kafkaName;
    this.metric =
        new Metric(client.prefix + name, kind, unit, help, List.of("job", "stage", "worker"));
  }

  /** {@return the description for users} */
  public Metric metric() {
    return metric;
  }

  /** {@return whose figure it is} */
  public Client client() {
    return client;
  }

  /** {@return Kafka's name of the group that it is in, and of itself} */
  public String kafkaName() {
    return group + " " + kafkaName;
  }

  /**
   * {@return the present value in the metric's unit; empty if the client has none, as for an
   * average of nothing}
   *
   * @param figures the client's
   */
  public OptionalDouble value(
      Map<MetricName, ? extends org.apache.kafka.common.Metric> figures, String clientId) {
    org.apache.kafka.common.Metric figure =
        figures.get(new MetricName(kafkaName, group, "", Map.of(CLIENT_ID, clientId)));
    if (figure == null
        || !(figure.metricValue() instanceof Number number)
        || !Double.isFinite(number.doubleValue())
        || number.doubleValue() < 0) { // How long ago it was what never has been.
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(number.doubleValue() / perUnit());
  }

  /** {@return how many of Kafka's units are one of the metric's} */
  private double perUnit() {
    if (metric.unit() != SECONDS || kafkaName.endsWith("-seconds-ago")) {
      return 1;
    }
    return kafkaName.endsWith("-ns-total") ? 1e9 : 1e3;
  }
}
