package dev.millrace.internal.sim;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * The transaction coordinator: who owns which transactional id, and what is open.
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
  }

  /** What a producer holds from its initialization on, until a newer one has the id. */
  record Session(Identity identity, int epoch) {
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
    return new Session(identity, identity.epoch);
  }

  /** Ends what the owner of an id has open and refuses whatever it does next. */
  void fence(String transactionalId) {
    Identity identity = identities.get(transactionalId);
    if (identity != null) {
      fence(identity);
    }
  }

  private void fence(Identity identity) {
    end(identity, false);
    identity.epoch++;
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
    check(session);
    end(session.identity(), true);
  }

  void abort(Session session) {
    check(session);
    end(session.identity(), false);
  }

  private void end(Identity identity, boolean commit) {
    SimTransaction open = identity.open;
    if (open == null) {
      return;
    }
    identity.open = null;
    kafka.changed();
    for (SimLog log : open.logs()) {
      if (kafka.clusterFaults().electsLeaderBeforeMarker(log.partition())) {
        log.electLeader();
      }
    }
    long wallMs = kafka.clock().wallMs();
    if (commit) {
      open.commit(wallMs);
    } else {
      open.abort(wallMs);
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
        fence(identity);
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
