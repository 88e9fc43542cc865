package dev.millrace.internal.kafka;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
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
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
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
 * notice that, and callers take whatever it throws for a marker that is not written. What it throws
 * shows whether it may pass, as that of other calls does.
 *
 * <p><b>Threads.</b> Stateless. A call has a connection of its own and waits for the answer.
 */
public final class MarkerRequests {

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int REQUEST_TIMEOUT_MS = 10_000;

  /** Brokers then take a marker of the epoch that the records have, as from {@code abort}. */
  private static final short ANY_TRANSACTION_VERSION = 0;

  private static final String ACTION = "write the markers of committed transactions";

  /** The right that brokers ask for; {@code CLUSTER_ACTION} on the cluster would do, too. */
  static final Right NEEDED = Right.onCluster(AclOperation.ALTER);

  private MarkerRequests() {}

  /**
   * Writes the markers.
   *
   * @param settings those of an admin client
   * @param leader the broker that leads all the partitions
   * @throws MillraceException if one cannot be written; others may have been
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
      throw translated(markers, e);
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
      throw translated(markers, error.exception("on " + partition + ": " + error.message()));
    }
  }

  /** {@return the failure for callers: whether it is transient, or else what to do} */
  public static MillraceException translated(List<CommitMarker> markers, Throwable error) {
    String sentence = "Cannot " + ACTION + ": " + reason(error) + " (" + markers + ")";
    if (error instanceof AuthorizationException missing) {
      return MissingRights.exception(missing, ACTION, NEEDED);
    }
    if (error instanceof AuthenticationException) {
      return RefusedCredentials.exception(sentence, error);
    }
    if (error instanceof IOException
        || error instanceof TimeoutException
        || error instanceof DisconnectException) {
      return new KafkaUnreachableException(
          sentence + ". Check that the broker runs and can be reached.", error);
    }
    if (error instanceof LinkageError
        || error instanceof UnsupportedVersionException
        || error instanceof ConfigException) {
      return new ConfigurationException(
          sentence + ". Use the version of kafka-clients that Millrace names.", error);
    }
    return new AdminCallException(sentence + ". Try again.", error);
  }

  private static String reason(Throwable error) {
    String message = String.valueOf(error.getMessage()).strip();
    return error.getClass().getSimpleName()
        + ", "
        + (message.endsWith(".") ? message.substring(0, message.length() - 1) : message);
  }
}
