package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open transactions that hold up readers: finds them, and ends those whose owner is dead.
 *
 * <p><b>Threads.</b> Safe for any thread. Every method waits for answers of the cluster.
 */
public final class OpenTransactions {

  private static final Logger LOGGER = LoggerFactory.getLogger(OpenTransactions.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Admin admin;
  private final Await patience;
  private final AdminCalls calls;
  private final LostMarkers markers;

  /** Works through the shared admin client of {@code clients}, and waits by the given clock. */
  public OpenTransactions(KafkaClients clients, JobConfig config, Clock clock) {
    this(clients.admin(), clients::writeCommitMarkers, config, clock);
  }

  OpenTransactions(
      Admin admin,
      BiConsumer<Node, List<CommitMarker>> commitMarkers,
      JobConfig config,
      Clock clock) {
    this.admin = admin;
    this.patience = new Await(clock, PATIENCE);
    this.calls = new AdminCalls(config.bootstrapServers());
    this.markers = new LostMarkers(admin, commitMarkers, calls);
  }

  /** {@return the transactions that have records in these partitions and no marker after them} */
  public List<OpenTransaction> on(Collection<TopicPartition> partitions) {
    if (partitions.isEmpty()) {
      return List.of();
    }
    FailedCalls failures = new FailedCalls();
    List<OpenTransaction> found = on(partitions, failures);
    failures.throwIfAny();
    return found;
  }

  private List<OpenTransaction> on(Collection<TopicPartition> partitions, FailedCalls failures) {
    Map<TopicPartition, List<ProducerState>> open =
        new TreeMap<>(
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
    Set<Long> producerIds = new TreeSet<>();
    Map<TopicPartition, PartitionProducerState> found = markers.producers(partitions, failures);
    found.forEach(
        (partition, state) -> {
          for (ProducerState producer : state.activeProducers()) {
            if (startOf(producer).isPresent()) {
              open.computeIfAbsent(partition, absent -> new ArrayList<>()).add(producer);
              producerIds.add(producer.producerId());
            }
          }
        });
    Map<Long, TransactionListing> owners = owners(producerIds);
    List<OpenTransaction> result = new ArrayList<>();
    open.forEach(
        (partition, producers) ->
            producers.forEach(producer -> result.add(transaction(partition, producer, owners))));
    return result;
  }

  /** {@return the ids that start with the prefix and have a transaction open} */
  public Set<String> openIds(String idPrefix) {
    Set<String> ids = new TreeSet<>();
    ListTransactionsOptions open =
        new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING));
    for (TransactionListing listing :
        calls.result("list open transactions", admin.listTransactions(open).all())) {
      if (listing.transactionalId().startsWith(idPrefix)) {
        ids.add(listing.transactionalId());
      }
    }
    return ids;
  }

  /**
   * Fences the owners of these ids: their open transactions are aborted, and they cannot go on
   * under their epoch. An owner that lives recovers with a new producer.
   *
   * <p>For callers that have made sure that no marker is lost by it.
   */
  public void fence(Collection<String> transactionalIds) {
    Set<String> ids = new TreeSet<>(transactionalIds);
    if (ids.isEmpty()) {
      return;
    }
    FailedCalls failures = new FailedCalls();
    new TreeMap<>(admin.fenceProducers(ids).fencedProducers())
        .forEach(
            (id, future) -> {
              boolean ignored = failures.noteOf(() -> awaitFenced(id, future));
            });
    failures.throwIfAny();
  }

  /**
   * Fences the owners of those of these ids that have a transaction open, and returns them. While a
   * partition of such a transaction has no leader, it waits: the abort would lose its marker.
   *
   * @throws MillraceException if that takes too long, which may pass
   */
  public Set<String> fenceOpen(Collection<String> transactionalIds) {
    Set<String> waiting = new TreeSet<>(transactionalIds);
    Set<String> fenced = new TreeSet<>();
    return patience.until(
        () -> {
          for (String id : Set.copyOf(waiting)) {
            Optional<TransactionDescription> open = open(id);
            if (open.isEmpty()) {
              waiting.remove(id);
            } else if (markers.haveLeaders(open.get().topicPartitions())) {
              fence(List.of(id));
              fenced.add(id);
              waiting.remove(id);
            }
          }
          return waiting.isEmpty() ? Optional.of(fenced) : Optional.empty();
        },
        () ->
            new AdminCallException(
                "Cannot end the open transactions of "
                    + waiting
                    + ": partitions that they have written to have no leader. Try again when the"
                    + " brokers are up.",
                null));
  }

  /**
   * Ends the last transaction of an id where its coordinator has not, and waits until the id may be
   * initialised, as {@link #prepareToFence} has it. Without a right that it takes it goes on, and
   * names the right in the log: there would be no answer later either.
   *
   * @param topics what the owner of the id may have written to
   * @throws MillraceException if brokers do not answer, or it takes too long; that may pass
   */
  public void settle(String transactionalId, Collection<String> topics) {
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    Boolean ignored =
        patience.until(
            () ->
                prepareIfPermitted(transactionalId, topics, failure)
                    ? Optional.of(Boolean.TRUE)
                    : Optional.empty(),
            () -> {
              RuntimeException last = failure.get();
              return last != null ? last : stillOpen(transactionalId);
            });
  }

  private static AdminCallException stillOpen(String transactionalId) {
    return new AdminCallException(
        "Cannot go on with the transactions of "
            + transactionalId
            + ": the last one has not ended in all of its partitions, of which one may have no"
            + " leader. Try again when the brokers are up.",
        null);
  }

  /**
   * {@return whether the id may be initialised}
   *
   * @param failure gets why that is not known, if it may be known a moment later
   */
  private boolean prepareIfPermitted(
      String transactionalId,
      Collection<String> topics,
      AtomicReference<@Nullable RuntimeException> failure) {
    try {
      failure.set(null);
      return prepareToFence(transactionalId, topics, List.of());
    } catch (RuntimeException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      if (KafkaErrors.mayPass(e)) {
        failure.set(e);
        return false;
      }
      if (!(e instanceof MillraceException)) {
        throw e;
      }
      LOGGER
          .atWarn()
          .addKeyValue("transactionalId", transactionalId)
          .addKeyValue("cause", KafkaErrors.text(e))
          .log("Whether the last transaction has ended everywhere cannot be found out");
      return true;
    }
  }

  private Optional<TransactionDescription> open(String transactionalId) {
    return markers
        .describe(transactionalId)
        .filter(last -> stage(last.state()) == OpenTransaction.Stage.OPEN);
  }

  /**
   * Ends what holds up readers of these partitions, as far as it belongs to the job and nobody else
   * ends it: open transactions whose owners are dead are aborted, by fencing, and complete ones
   * whose coordinator has left out markers get them.
   *
   * @param ids the job's transactional ids, of which only workers are fenced; others are left alone
   * @param liveIds asked only when there is a candidate; must not miss a live owner
   * @return the ids that were fenced
   */
  public Set<String> endAbandoned(
      Collection<TopicPartition> partitions, JobIds ids, Supplier<Set<String>> liveIds) {
    FailedCalls failures = new FailedCalls();
    Set<String> candidates = new TreeSet<>();
    Set<String> complete = new TreeSet<>();
    for (OpenTransaction transaction : on(partitions, failures)) {
      transaction
          .transactionalId()
          .filter(ids::has)
          .ifPresent(
              id -> {
                switch (transaction.stage()) {
                  case OPEN -> candidates.add(id);
                  case COMPLETE -> complete.add(id);
                  case DECIDED, UNKNOWN -> {}
                }
              });
    }
    candidates.removeIf(id -> !ids.isWorker(id));
    boolean ignored = failures.noteOf(() -> fenceDead(candidates, partitions, liveIds));
    complete(complete, partitions, failures);
    failures.throwIfAny();
    return candidates;
  }

  /** Fences those of the candidates that are dead, and removes all others. */
  private void fenceDead(
      Set<String> candidates,
      Collection<TopicPartition> partitions,
      Supplier<Set<String>> liveIds) {
    if (candidates.isEmpty()) {
      return;
    }
    candidates.removeAll(liveIds.get());
    candidates.removeIf(this::wouldLoseMarkers);
    if (!candidates.isEmpty()) {
      LOGGER
          .atInfo()
          .addKeyValue("transactionalIds", candidates)
          .addKeyValue("partitions", partitions)
          .log("Fencing dead owners of open transactions");
      fence(candidates);
    }
  }

  /**
   * Prepares that an id is initialised: that aborts its open transaction, and makes the coordinator
   * forget how the last one ended.
   *
   * @param topics what its owner may have written to
   * @param offsets where the offsets are that its owner has committed
   * @return false if it has to wait: a partition without a leader would not get its marker, or has
   *     none and cannot be asked, or the markers of the last transaction are just being written
   */
  public boolean prepareToFence(
      String transactionalId, Collection<String> topics, Collection<TopicPartition> offsets) {
    return prepareToFence(transactionalId, topics, offsets, KnownCommits.NONE);
  }

  /**
   * As without them, and ends those of the known commits that have no end somewhere.
   *
   * @param known transactions of the id before the last one
   */
  public boolean prepareToFence(
      String transactionalId,
      Collection<String> topics,
      Collection<TopicPartition> offsets,
      KnownCommits known) {
    Optional<TransactionDescription> last = markers.describe(transactionalId);
    if (last.isEmpty()) {
      return true;
    }
    return switch (stage(last.get().state())) {
      case OPEN ->
          markers.haveLeaders(last.get().topicPartitions())
              && (known.isEmpty()
                  || markers.writeAll(transactionalId, last.get(), offsets, topics, known));
      case DECIDED -> false;
      case COMPLETE -> markers.writeAll(transactionalId, last.get(), offsets, topics, known);
      // As after somebody has fenced the id between two transactions.
      case UNKNOWN ->
          known.isEmpty() || markers.writeAll(transactionalId, last.get(), offsets, topics, known);
    };
  }

  /**
   * {@return no commits yet, from the next transaction of an id on} Its owner calls this when all
   * that it has ended so far has ended everywhere.
   */
  public KnownCommits commitsFromNow(String transactionalId) {
    return markers
        .describe(transactionalId)
        .map(last -> new KnownCommits(last.producerId(), last.producerEpoch(), 0))
        .orElse(KnownCommits.NONE);
  }

  /**
   * Writes the markers that coordinators have left out in these topics, whatever producer's the
   * transactions are; returns whether all partitions could be looked at, which is not so while one
   * has no leader.
   *
   * @param ids the job's transactional ids; others are left alone
   */
  public boolean complete(Collection<String> topics, JobIds ids) {
    Optional<Set<TopicPartition>> partitions = markers.partitions(topics);
    if (partitions.isEmpty()) {
      return false;
    }
    FailedCalls failures = new FailedCalls();
    Set<String> complete = new TreeSet<>();
    for (OpenTransaction transaction : on(partitions.get(), failures)) {
      if (transaction.stage() == OpenTransaction.Stage.COMPLETE) {
        transaction.transactionalId().filter(ids::has).ifPresent(complete::add);
      }
    }
    complete(complete, partitions.get(), failures);
    failures.throwIfAny();
    return true;
  }

  private void complete(
      Set<String> transactionalIds, Collection<TopicPartition> partitions, FailedCalls failures) {
    for (String id : transactionalIds) {
      if (!failures.isCutOff()) {
        boolean ignored = failures.noteOf(() -> markers.write(id, partitions));
      }
    }
  }

  private boolean wouldLoseMarkers(String transactionalId) {
    return open(transactionalId)
        .filter(last -> !markers.haveLeaders(last.topicPartitions()))
        .isPresent();
  }

  private void awaitFenced(String id, KafkaFuture<Void> future) {
    calls.result(
        "fence the dead owner of transactional id " + id,
        future,
        Right.onTransactionalId(AclOperation.WRITE, id));
  }

  private Map<Long, TransactionListing> owners(Set<Long> producerIds) {
    Map<Long, TransactionListing> owners = new HashMap<>();
    if (producerIds.isEmpty()) {
      return owners;
    }
    Collection<TransactionListing> listed =
        calls.result(
            "look up the owners of open transactions",
            admin
                .listTransactions(new ListTransactionsOptions().filterProducerIds(producerIds))
                .all());
    listed.forEach(listing -> owners.put(listing.producerId(), listing));
    return owners;
  }

  private static OpenTransaction transaction(
      TopicPartition partition, ProducerState producer, Map<Long, TransactionListing> owners) {
    Optional<TransactionListing> owner = Optional.ofNullable(owners.get(producer.producerId()));
    return new OpenTransaction(
        partition,
        producer.producerId(),
        owner.map(TransactionListing::transactionalId),
        startOf(producer).orElse(-1),
        owner.map(listing -> stage(listing.state())).orElse(OpenTransaction.Stage.UNKNOWN));
  }

  private static OpenTransaction.Stage stage(TransactionState state) {
    return switch (state) {
      case ONGOING -> OpenTransaction.Stage.OPEN;
      case PREPARE_COMMIT, PREPARE_ABORT, PREPARE_EPOCH_FENCE -> OpenTransaction.Stage.DECIDED;
      case COMPLETE_COMMIT, COMPLETE_ABORT -> OpenTransaction.Stage.COMPLETE;
      case EMPTY, UNKNOWN -> OpenTransaction.Stage.UNKNOWN;
    };
  }

  // Brokers report -1 for none.
  private static OptionalLong startOf(ProducerState producer) {
    OptionalLong start = producer.currentTransactionStartOffset();
    return start.isPresent() && start.getAsLong() >= 0 ? start : OptionalLong.empty();
  }
}
