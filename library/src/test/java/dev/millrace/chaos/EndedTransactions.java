package dev.millrace.chaos;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;

/**
 * The transactions of one producer that it has ended, and the partitions to which brokers left out
 * the news (KAFKA-20734). What it wrote there would end with its next transaction, and as that one
 * does: the next abort would take records away that the producer knows to be committed.
 *
 * <p>It asks for as long as it takes, whatever brokers answer, until it is closed.
 */
final class EndedTransactions implements AutoCloseable {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Admin admin;
  private final String transactionalId;
  private volatile boolean closed;

  EndedTransactions(Admin admin, String transactionalId) {
    this.admin = admin;
    this.transactionalId = transactionalId;
  }

  /**
   * Aborts the last transaction in the partitions in which it has not ended, although brokers call
   * it complete; the next one must not have begun.
   *
   * @param written the partitions that it wrote to
   * @return the partitions in which it was aborted
   */
  Set<TopicPartition> abortWhereLeftOpen(Collection<TopicPartition> written) {
    Set<TopicPartition> aborted = new HashSet<>();
    while (!closed) {
      try {
        TransactionDescription last =
            admin.describeTransactions(Set.of(transactionalId)).description(transactionalId).get();
        if (isComplete(last.state())) {
          for (TopicPartition partition : written) {
            if (abortIfOpen(partition, last.producerId())) {
              aborted.add(partition);
            }
          }
          return aborted;
        }
      } catch (ExecutionException e) {
        // Brokers may be away, or their leaders not known yet: they are asked again.
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return aborted;
  }

  private static boolean isComplete(TransactionState state) {
    return state == TransactionState.COMPLETE_COMMIT || state == TransactionState.COMPLETE_ABORT;
  }

  private boolean abortIfOpen(TopicPartition partition, long producerId)
      throws ExecutionException, InterruptedException {
    PartitionProducerState found =
        admin.describeProducers(Set.of(partition)).partitionResult(partition).get();
    for (ProducerState producer : found.activeProducers()) {
      if (producer.producerId() == producerId
          && producer.currentTransactionStartOffset().orElse(-1) >= 0) {
        admin
            .abortTransaction(
                new AbortTransactionSpec(
                    partition,
                    producerId,
                    (short) producer.producerEpoch(),
                    Math.max(0, producer.coordinatorEpoch().orElse(0))))
            .all()
            .get();
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    closed = true;
    admin.close();
  }
}
