package dev.millrace.internal.sim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.kafka.clients.admin.DescribeProducersResult;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.FenceProducersResult;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ListTransactionsResult;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.internals.CoordinatorKey;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;

/**
 * What an admin client learns of transactions and does with them.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class TransactionAnswers {

  private final SimKafka kafka;

  TransactionAnswers(SimKafka kafka) {
    this.kafka = kafka;
  }

  DescribeProducersResult producers(Collection<TopicPartition> partitions) {
    Map<TopicPartition, KafkaFuture<PartitionProducerState>> answers = new HashMap<>();
    for (TopicPartition partition : partitions) {
      answers.put(
          partition,
          Optional.ofNullable(kafka.logOrNull(partition))
              .<KafkaFuture<PartitionProducerState>>map(
                  log -> KafkaFuture.completedFuture(new PartitionProducerState(states(log))))
              .orElseGet(
                  () ->
                      AdminResults.failed(
                          new UnknownTopicOrPartitionException("There is no " + partition))));
    }
    return AdminResults.make(DescribeProducersResult.class, answers);
  }

  private List<ProducerState> states(SimLog log) {
    List<ProducerState> states = new ArrayList<>();
    log.open()
        .forEach(
            (transaction, start) ->
                states.add(
                    new ProducerState(
                        transaction.producerId(),
                        transaction.epoch(),
                        0,
                        kafka.clock().wallMs(),
                        OptionalInt.of(0),
                        OptionalLong.of(start))));
    return states;
  }

  ListTransactionsResult list(ListTransactionsOptions options) {
    Collection<TransactionListing> listings = new ArrayList<>();
    for (SimTransactions.Identity identity : kafka.transactions().identities()) {
      TransactionState state =
          identity.open() == null ? TransactionState.EMPTY : TransactionState.ONGOING;
      boolean wanted =
          (options.filteredStates().isEmpty() || options.filteredStates().contains(state))
              && (options.filteredProducerIds().isEmpty()
                  || options.filteredProducerIds().contains(identity.producerId()));
      if (wanted) {
        listings.add(
            new TransactionListing(identity.transactionalId(), identity.producerId(), state));
      }
    }
    KafkaFutureImpl<Collection<TransactionListing>> ofNode = new KafkaFutureImpl<>();
    ofNode.complete(listings);
    return AdminResults.make(
        ListTransactionsResult.class,
        KafkaFuture.completedFuture(Map.of(SimKafka.NODE.id(), ofNode)));
  }

  FenceProducersResult fence(Collection<String> transactionalIds) {
    Map<CoordinatorKey, KafkaFuture<ProducerIdAndEpoch>> answers = new HashMap<>();
    for (String id : transactionalIds) {
      kafka.transactions().fence(id);
      answers.put(
          CoordinatorKey.byTransactionalId(id),
          KafkaFuture.completedFuture(ProducerIdAndEpoch.NONE));
    }
    return AdminResults.make(FenceProducersResult.class, answers);
  }
}
