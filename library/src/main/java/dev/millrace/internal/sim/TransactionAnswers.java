package dev.millrace.internal.sim;

import dev.millrace.internal.kafka.CommitMarker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionResult;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.DescribeProducersResult;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.DescribeTransactionsResult;
import org.apache.kafka.clients.admin.FenceProducersResult;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ListTransactionsResult;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.internals.CoordinatorKey;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;

/**
 * The answers to an admin client's calls about transactions.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class TransactionAnswers {

  private final SimKafka kafka;

  TransactionAnswers(SimKafka kafka) {
    this.kafka = kafka;
  }

  DescribeProducersResult producers(Collection<TopicPartition> partitions) {
    return AdminResults.make(
        DescribeProducersResult.class,
        AdminCall.begin(kafka, "describeProducers")
            .<TopicPartition, PartitionProducerState>answers(partitions, this::producers));
  }

  private KafkaFuture<PartitionProducerState> producers(TopicPartition partition) {
    SimLog log = kafka.logOrNull(partition);
    if (log == null) {
      return AdminResults.failed(new UnknownTopicOrPartitionException("There is no " + partition));
    }
    return kafka.clusterFaults().isWithoutLeader(partition)
        ? AdminResults.failed(new TimeoutException("There is no leader of " + partition))
        : KafkaFuture.completedFuture(new PartitionProducerState(states(log)));
  }

  private List<ProducerState> states(SimLog log) {
    List<ProducerState> states = new ArrayList<>();
    for (SimSpan span : log.open()) {
      states.add(
          new ProducerState(
              span.producerId(),
              span.epoch(),
              0,
              kafka.clock().wallMs(),
              OptionalInt.of(0),
              OptionalLong.of(span.start())));
    }
    return states;
  }

  ListTransactionsResult list(ListTransactionsOptions options) {
    return AdminResults.make(
        ListTransactionsResult.class,
        AdminCall.begin(kafka, "listTransactions")
            .answer(
                () ->
                    KafkaFuture.completedFuture(
                        Map.of(SimKafka.NODE.id(), AdminResults.completed(listings(options))))));
  }

  DescribeTransactionsResult describe(Collection<String> transactionalIds) {
    Map<CoordinatorKey, KafkaFuture<TransactionDescription>> answers = new HashMap<>();
    AdminCall.begin(kafka, "describeTransactions")
        .<String, TransactionDescription>answers(transactionalIds, this::describe)
        .forEach((id, answer) -> answers.put(CoordinatorKey.byTransactionalId(id), answer));
    return AdminResults.make(DescribeTransactionsResult.class, answers);
  }

  private KafkaFuture<TransactionDescription> describe(String id) {
    SimTransactions.Identity identity = kafka.transactions().identity(id);
    if (identity == null) {
      return AdminResults.failed(new TransactionalIdNotFoundException("There is no " + id));
    }
    SimTransaction open = identity.open();
    Set<TopicPartition> partitions = new HashSet<>();
    if (open != null) {
      open.logs().forEach(log -> partitions.add(log.partition()));
    }
    return KafkaFuture.completedFuture(
        new TransactionDescription(
            SimKafka.NODE.id(),
            identity.state(),
            identity.producerId(),
            identity.epoch(),
            0,
            OptionalLong.empty(),
            partitions));
  }

  private Collection<TransactionListing> listings(ListTransactionsOptions options) {
    Collection<TransactionListing> listings = new ArrayList<>();
    for (SimTransactions.Identity identity : kafka.transactions().identities()) {
      TransactionState state = identity.state();
      boolean wanted =
          (options.filteredStates().isEmpty() || options.filteredStates().contains(state))
              && (options.filteredProducerIds().isEmpty()
                  || options.filteredProducerIds().contains(identity.producerId()));
      if (wanted) {
        listings.add(
            new TransactionListing(identity.transactionalId(), identity.producerId(), state));
      }
    }
    return listings;
  }

  FenceProducersResult fence(Collection<String> transactionalIds) {
    Map<CoordinatorKey, KafkaFuture<ProducerIdAndEpoch>> answers = new HashMap<>();
    AdminCall.begin(kafka, "fenceProducers")
        .<String, ProducerIdAndEpoch>answers(transactionalIds, this::fence)
        .forEach((id, answer) -> answers.put(CoordinatorKey.byTransactionalId(id), answer));
    return AdminResults.make(FenceProducersResult.class, answers);
  }

  private KafkaFuture<ProducerIdAndEpoch> fence(String id) {
    if (kafka.clusterFaults().isCoordinatorMoving(id)) {
      return AdminResults.failed(
          new TimeoutException("The coordinator of " + id + " is not available"));
    }
    kafka.transactions().fence(id);
    return KafkaFuture.completedFuture(ProducerIdAndEpoch.NONE);
  }

  AbortTransactionResult abort(AbortTransactionSpec spec) {
    return AdminResults.make(
        AbortTransactionResult.class,
        AdminCall.begin(kafka, "abortTransaction")
            .<TopicPartition, Void>answers(
                List.of(spec.topicPartition()),
                partition ->
                    end(
                        partition,
                        spec.producerId(),
                        spec.producerEpoch(),
                        TransactionResult.ABORT)));
  }

  /** {@return what becomes of the markers of committed transactions, each by itself} */
  Map<CommitMarker, KafkaFuture<Void>> commit(List<CommitMarker> markers) {
    return AdminCall.begin(kafka, "writeTxnMarkers")
        .<CommitMarker, Void>answers(
            markers,
            marker ->
                end(
                    marker.partition(),
                    marker.producerId(),
                    marker.producerEpoch(),
                    TransactionResult.COMMIT));
  }

  private KafkaFuture<Void> end(
      TopicPartition partition, long producerId, int epoch, TransactionResult result) {
    if (kafka.clusterFaults().isWithoutLeader(partition)) {
      return AdminResults.failed(new TimeoutException("There is no leader of " + partition));
    }
    try {
      kafka.log(partition).end(producerId, epoch, result, kafka.clock().wallMs());
    } catch (ApiException e) {
      return AdminResults.failed(e);
    }
    kafka.changed();
    return AdminResults.done();
  }
}
