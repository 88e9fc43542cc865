package dev.millrace.internal.kafka;

import dev.millrace.error.MillraceException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.DefaultHostResolver;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.clients.NetworkClientUtils;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest.TxnMarkerEntry;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

/**
 * The request by which a transaction's coordinator ends it in the partitions of a broker.
 *
 * <p>The admin client sends the same request to abort, but has no call that commits. So this one is
 * built from the inner parts of kafka-clients, which may change with any version of it: the tests
 * notice that, and callers take whatever it throws for a marker that is not written.
 *
 * <p><b>Threads.</b> Stateless. A call has a connection of its own and waits for the answer.
 */
final class MarkerRequests {

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int REQUEST_TIMEOUT_MS = 10_000;

  /** Brokers then take a marker of the epoch that the records have, as from {@code abort}. */
  private static final short ANY_TRANSACTION_VERSION = 0;

  private MarkerRequests() {}

  /**
   * Writes the markers.
   *
   * @param settings those of an admin client
   * @param leader the broker that leads all the partitions
   * @throws MillraceException if one cannot be written
   */
  static void commit(Map<String, Object> settings, Node leader, List<CommitMarker> markers) {
    AdminClientConfig config = new AdminClientConfig(settings);
    ManualMetadataUpdater brokers = new ManualMetadataUpdater(List.of(leader));
    try (Metrics metrics = new Metrics();
        NetworkClient client =
            ClientUtils.createNetworkClient(
                config,
                "millrace-markers",
                metrics,
                "millrace-markers",
                new LogContext(),
                new ApiVersions(),
                Time.SYSTEM,
                1,
                REQUEST_TIMEOUT_MS,
                null,
                brokers,
                new DefaultHostResolver(),
                null,
                null)) {
      if (!NetworkClientUtils.awaitReady(client, leader, Time.SYSTEM, CONNECT.toMillis())) {
        throw new TimeoutException("no connection to broker " + leader + " in time");
      }
      ClientResponse response =
          NetworkClientUtils.sendAndReceive(
              client,
              client.newClientRequest(
                  leader.idString(), request(markers), Time.SYSTEM.milliseconds(), true),
              Time.SYSTEM);
      check(markers, (WriteTxnMarkersResponse) response.responseBody());
    } catch (IOException | KafkaException | LinkageError e) {
      throw failure(markers, String.valueOf(e.getMessage()), e);
    }
  }

  private static WriteTxnMarkersRequest.Builder request(List<CommitMarker> markers) {
    List<TxnMarkerEntry> entries = new ArrayList<>();
    for (CommitMarker marker : markers) {
      entries.add(
          new TxnMarkerEntry(
              marker.producerId(),
              (short) marker.producerEpoch(),
              marker.coordinatorEpoch(),
              TransactionResult.COMMIT,
              List.of(marker.partition()),
              ANY_TRANSACTION_VERSION));
    }
    return new WriteTxnMarkersRequest.Builder(entries);
  }

  private static void check(List<CommitMarker> markers, WriteTxnMarkersResponse response) {
    response
        .errorsByProducerId()
        .forEach((producer, errors) -> errors.forEach((at, error) -> check(markers, at, error)));
  }

  private static void check(List<CommitMarker> markers, TopicPartition partition, Errors error) {
    if (error != Errors.NONE) {
      throw failure(markers, error.message() + " (" + partition + ")", error.exception());
    }
  }

  private static MillraceException failure(
      List<CommitMarker> markers, String reason, Throwable cause) {
    return new AdminCallException(
        "Cannot write the markers of committed transactions: "
            + reason
            + " ("
            + markers
            + "). Try again; it takes the right ALTER or CLUSTER_ACTION on the cluster.",
        cause);
  }
}
