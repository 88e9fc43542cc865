package dev.millrace.internal.sim;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.requests.TransactionResult;
import org.jspecify.annotations.Nullable;

/**
 * The transaction coordinator: who owns which transactional id, and what is open. As with {@code
 * transaction.version} 2, a producer's epoch grows with the end of each of its transactions.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimTransactions {

  private final SimKafka kafka;
  private final Map<String, Identity> identities = new TreeMap<>();
  private long nextProducerId = 1;

  /** A transactional id. */
  static final class Identity {
    private final String transactionalId;
    private final long producerId;
    private int epoch;
    private TransactionState ended = TransactionState.EMPTY;
    private long timeoutNanos;
    private @Nullable SimTransaction open;

    private Identity(String transactionalId, long producerId) {
      this.transactionalId = transactionalId;
      this.producerId = producerId;
    }

    String transactionalId() {
      return transactionalId;
    }

    long producerId() {
      return producerId;
    }

    int epoch() {
      return epoch;
    }

    @Nullable SimTransaction open() {
      return open;
    }

    /** {@return how far its transaction is; empty until the first one since its initialization} */
    TransactionState state() {
      return open == null ? ended : TransactionState.ONGOING;
    }
  }

  /** The session of a producer, from its initialization until a newer producer has the same id. */
  static final class Session {
    private final Identity identity;
    private int epoch;

    private Session(Identity identity) {
      this.identity = identity;
      this.epoch = identity.epoch;
    }

    Identity identity() {
      return identity;
    }

    boolean isCurrent() {
      return identity.epoch == epoch;
    }
  }

  SimTransactions(SimKafka kafka) {
    this.kafka = kafka;
  }

  /** Takes over an id: what its former owner has open is aborted, and that owner fenced. */
  Session init(String transactionalId, long timeoutNanos) {
    Identity identity = identities.get(transactionalId);
    if (identity == null) {
      identity = new Identity(transactionalId, nextProducerId++);
      identities.put(transactionalId, identity);
    } else {
      fence(identity);
    }
    identity.timeoutNanos = timeoutNanos;
    kafka.changed();
    return new Session(identity);
  }

  /** Ends what the owner of an id has open and refuses whatever it does next. */
  void fence(String transactionalId) {
    Identity identity = identities.get(transactionalId);
    if (identity != null) {
      fence(identity);
    }
  }

  /** Initialises an id anew, which makes the coordinator forget how its last transaction ended. */
  private void fence(Identity identity) {
    abort(identity);
    identity.epoch++;
    identity.ended = TransactionState.EMPTY;
  }

  /** Aborts what is open on behalf of others than its owner, who does not learn the new epoch. */
  private void abort(Identity identity) {
    end(identity, TransactionResult.ABORT, kafka.clusterFaults()::isWithoutLeader);
  }

  /** {@return the session's open transaction, opened if there is none} */
  SimTransaction open(Session session) {
    check(session);
    Identity identity = session.identity();
    SimTransaction open = identity.open;
    if (open == null) {
      open = new SimTransaction(identity.producerId, identity.epoch, kafka.clock().nanos());
      identity.open = open;
    }
    return open;
  }

  void commit(Session session) {
    end(session, TransactionResult.COMMIT);
  }

  void abort(Session session) {
    end(session, TransactionResult.ABORT);
  }

  private void end(Session session, TransactionResult result) {
    check(session);
    ClusterFaults faults = kafka.clusterFaults();
    end(
        session.identity,
        result,
        partition ->
            faults.losesLeaderBeforeMarker(partition) || faults.isWithoutLeader(partition));
    session.epoch = session.identity.epoch;
  }

  private void end(
      Identity identity, TransactionResult result, Predicate<TopicPartition> isWithoutLeader) {
    SimTransaction open = identity.open;
    if (open == null) {
      return;
    }
    identity.open = null;
    identity.epoch++;
    identity.ended =
        result == TransactionResult.COMMIT
            ? TransactionState.COMPLETE_COMMIT
            : TransactionState.COMPLETE_ABORT;
    kafka.changed();
    for (SimLog log : open.logs()) {
      if (isWithoutLeader.test(log.partition())) {
        kafka.markerLost();
        continue;
      }
      if (kafka.clusterFaults().electsLeaderBeforeMarker(log.partition())) {
        log.electLeader();
      }
      log.end(identity.producerId, identity.epoch, result, kafka.clock().wallMs());
    }
  }

  private static void check(Session session) {
    if (!session.isCurrent()) {
      throw new ProducerFencedException(
          "There is a newer producer with the same transactionalId which fences the current one.");
    }
  }

  /** Aborts what has been open for longer than its owner asked for. */
  void expire() {
    long now = kafka.clock().nanos();
    for (Identity identity : identities.values()) {
      SimTransaction open = identity.open;
      if (open != null && now - open.openedNanos() > identity.timeoutNanos) {
        abort(identity);
      }
    }
  }

  /** {@return what is known of an id, or null} */
  @Nullable Identity identity(String transactionalId) {
    return identities.get(transactionalId);
  }

  Collection<Identity> identities() {
    return identities.values();
  }
}
