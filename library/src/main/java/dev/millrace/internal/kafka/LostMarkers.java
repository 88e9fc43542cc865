package dev.millrace.internal.kafka;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeProducersResult;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The markers that a transaction's coordinator has left out, and the writing of them.
 *
 * <p>Brokers from 4.3.0 to 4.4.0 take a partition without a leader for a deleted one and complete a
 * transaction without its marker there (KAFKA-20734). Readers then wait at its first record, and
 * the next transaction of the same producer in that partition decides on both. A cluster of one
 * broker does so at about every second restart under load.
 *
 * <p>How the transaction ended is known for as long as its producer has neither begun another nor
 * been initialised anew: the coordinator reports it, and a producer's epoch grows with the end of
 * each transaction, so that records of the epoch before belong to the transaction that it speaks
 * of. A marker of that epoch ends them and nothing else, since a broker refuses it as soon as there
 * are records of the next.
 *
 * <p><b>Threads.</b> Safe for any thread. Every method waits for answers of the cluster.
 */
final class LostMarkers {

  private static final Logger LOGGER = LoggerFactory.getLogger(LostMarkers.class);

  private final Admin admin;
  private final BiConsumer<Node, List<CommitMarker>> commitMarkers;
  private final AdminCalls calls;

  /**
   * Works through an admin client.
   *
   * @param commitMarkers writes those of committed transactions, which admin clients cannot
   */
  LostMarkers(Admin admin, BiConsumer<Node, List<CommitMarker>> commitMarkers, AdminCalls calls) {
    this.admin = admin;
    this.commitMarkers = commitMarkers;
    this.calls = calls;
  }

  /** {@return what the coordinator knows of an id's last transaction; empty if it has had none} */
  Optional<TransactionDescription> describe(String transactionalId) {
    return calls.unless(
        TransactionalIdNotFoundException.class,
        "look up the transaction of " + transactionalId,
        admin.describeTransactions(List.of(transactionalId)).description(transactionalId),
        Right.onTransactionalId(AclOperation.DESCRIBE, transactionalId));
  }

  /**
   * {@return whether all of these partitions have a leader: a transaction that ends without one
   * loses its marker} A partition that is not there was deleted, and needs none.
   */
  boolean haveLeaders(Collection<TopicPartition> partitions) {
    Map<TopicPartition, Node> leaders = leaders(topicsOf(partitions));
    return partitions.stream().noneMatch(each -> Node.noNode().equals(leaders.get(each)));
  }

  /**
   * Writes the markers that the last transaction of an id, or a known one before it, lacks
   * anywhere; returns whether that is known of all partitions, which is not so while one has no
   * leader.
   *
   * @param last the last one, as it was described before
   * @param partitions where it may have written
   * @param topics where else it may have written, to any partition
   * @param known those before the last one
   */
  boolean writeAll(
      String transactionalId,
      TransactionDescription last,
      Collection<TopicPartition> partitions,
      Collection<String> topics,
      KnownCommits known) {
    Optional<Set<TopicPartition>> all = partitions(topics);
    if (all.isEmpty() || !haveLeaders(partitions)) {
      return false;
    }
    Set<TopicPartition> searched = new HashSet<>(partitions);
    searched.addAll(all.get());
    write(transactionalId, last, searched, known);
    return true;
  }

  /** {@return the partitions of those of the topics that exist; empty if one has no leader} */
  Optional<Set<TopicPartition>> partitions(Collection<String> topics) {
    Map<TopicPartition, Node> leaders = leaders(topics);
    return leaders.containsValue(Node.noNode()) ? Optional.empty() : Optional.of(leaders.keySet());
  }

  /** Writes the markers that the last transaction of an id lacks in these partitions. */
  void write(String transactionalId, Collection<TopicPartition> partitions) {
    // Asked before the partitions: what is complete now has all the markers that it will ever get.
    describe(transactionalId)
        .ifPresent(last -> write(transactionalId, last, partitions, KnownCommits.NONE));
  }

  private void write(
      String transactionalId,
      TransactionDescription last,
      Collection<TopicPartition> partitions,
      KnownCommits known) {
    boolean ended =
        last.state() == TransactionState.COMPLETE_COMMIT
            || last.state() == TransactionState.COMPLETE_ABORT;
    if (!ended && known.isEmpty()) {
      return;
    }
    FailedCalls failures = new FailedCalls();
    List<CommitMarker> commits = new ArrayList<>();
    List<CommitMarker> aborts = new ArrayList<>();
    producers(partitions, failures)
        .forEach(
            (partition, state) -> {
              for (ProducerState producer : state.activeProducers()) {
                if (isOpen(producer, last)) {
                  if (known.have(last, producer.producerEpoch())) {
                    commits.add(marker(partition, producer));
                  } else if (ended && isOfLast(producer, last)) {
                    (last.state() == TransactionState.COMPLETE_COMMIT ? commits : aborts)
                        .add(marker(partition, producer));
                  }
                }
              }
            });
    if (!commits.isEmpty()) {
      report(transactionalId, "committed", commits);
      commit(commits, failures);
    }
    if (!aborts.isEmpty()) {
      report(transactionalId, "aborted", aborts);
      abort(aborts, failures);
    }
    failures.throwIfAny();
  }

  private static void report(String transactionalId, String outcome, List<CommitMarker> markers) {
    LOGGER
        .atWarn()
        .addKeyValue("transactionalId", transactionalId)
        .addKeyValue("outcome", outcome)
        .addKeyValue("partitions", markers.stream().map(CommitMarker::partition).toList())
        .log("Completing a transaction that its coordinator left without markers (KAFKA-20734)");
  }

  private static boolean isOpen(ProducerState producer, TransactionDescription last) {
    return producer.currentTransactionStartOffset().orElse(-1) >= 0
        && producer.producerId() == last.producerId();
  }

  /** The epoch grows with each end; without that, records could be of the next. */
  private static boolean isOfLast(ProducerState producer, TransactionDescription last) {
    return producer.producerEpoch() == last.producerEpoch() - 1;
  }

  private static CommitMarker marker(TopicPartition partition, ProducerState producer) {
    return new CommitMarker(
        partition,
        producer.producerId(),
        producer.producerEpoch(),
        Math.max(0, producer.coordinatorEpoch().orElse(0)));
  }

  /**
   * {@return the producers that have written to each of these partitions} Those of which nothing
   * can be found out, for example because a right is missing on their topic, are left out.
   *
   * @param failures takes the reasons of those
   */
  Map<TopicPartition, PartitionProducerState> producers(
      Collection<TopicPartition> partitions, FailedCalls failures) {
    Map<TopicPartition, PartitionProducerState> found = new HashMap<>();
    if (partitions.isEmpty()) {
      return found;
    }
    DescribeProducersResult answers = admin.describeProducers(partitions);
    for (TopicPartition partition : partitions) {
      boolean ignored =
          failures.noteOf(
              () ->
                  found.put(
                      partition,
                      calls.result(
                          "look for open transactions on " + partition,
                          answers.partitionResult(partition),
                          Right.onTopic(AclOperation.READ, partition.topic()))));
    }
    return found;
  }

  private void abort(List<CommitMarker> missing, FailedCalls failures) {
    for (CommitMarker marker : missing) {
      if (!failures.isCutOff()) {
        boolean ignored = failures.noteOf(() -> abort(marker));
      }
    }
  }

  private void abort(CommitMarker marker) {
    calls.result(
        "write the marker of an aborted transaction in " + marker.partition(),
        admin
            .abortTransaction(
                new AbortTransactionSpec(
                    marker.partition(),
                    marker.producerId(),
                    (short) marker.producerEpoch(),
                    marker.coordinatorEpoch()))
            .all(),
        MarkerRequests.NEEDED);
  }

  private void commit(List<CommitMarker> missing, FailedCalls failures) {
    Map<TopicPartition, Node> leaders =
        leaders(topicsOf(missing.stream().map(CommitMarker::partition).toList()));
    Map<Node, List<CommitMarker>> byLeader = new HashMap<>();
    for (CommitMarker marker : missing) {
      Node leader = leaders.getOrDefault(marker.partition(), Node.noNode());
      byLeader.computeIfAbsent(leader, absent -> new ArrayList<>()).add(marker);
    }
    List<CommitMarker> leaderless = byLeader.remove(Node.noNode());
    byLeader.forEach(
        (leader, markers) -> {
          if (!failures.isCutOff()) {
            boolean ignored = failures.noteOf(() -> commitMarkers.accept(leader, markers));
          }
        });
    if (leaderless != null) {
      boolean ignored = failures.noteOf(() -> refuse(leaderless));
    }
  }

  private static void refuse(List<CommitMarker> leaderless) {
    throw new AdminCallException(
        "Cannot write the markers of committed transactions: a partition has lost its leader ("
            + leaderless
            + "). Try again when it has one.",
        null);
  }

  private static Set<String> topicsOf(Collection<TopicPartition> partitions) {
    Set<String> topics = new TreeSet<>();
    partitions.forEach(partition -> topics.add(partition.topic()));
    return topics;
  }

  /** The leaders of all partitions of those topics that exist, {@link Node#noNode} for none. */
  private Map<TopicPartition, Node> leaders(Collection<String> topics) {
    Map<TopicPartition, Node> leaders = new HashMap<>();
    if (topics.isEmpty()) {
      return leaders;
    }
    new TreeMap<>(admin.describeTopics(new TreeSet<>(topics)).topicNameValues())
        .forEach(
            (topic, future) ->
                calls
                    .unless(
                        UnknownTopicOrPartitionException.class,
                        "look up topic " + topic,
                        future,
                        Right.onTopic(AclOperation.DESCRIBE, topic))
                    .ifPresent(found -> addLeaders(found, leaders)));
    return leaders;
  }

  private static void addLeaders(TopicDescription topic, Map<TopicPartition, Node> leaders) {
    for (TopicPartitionInfo partition : topic.partitions()) {
      Node leader = partition.leader();
      leaders.put(
          new TopicPartition(topic.name(), partition.partition()),
          leader == null || leader.isEmpty() ? Node.noNode() : leader);
    }
  }
}
