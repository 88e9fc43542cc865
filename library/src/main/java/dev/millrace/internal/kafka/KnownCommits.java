package dev.millrace.internal.kafka;

import org.apache.kafka.clients.admin.TransactionDescription;

/**
 * Transactions in a row of which their producer knows that they were committed, whatever its
 * coordinator has forgotten of them: it reports the outcome of the last one only. With {@code
 * transaction.version} 2 each has an epoch of its own, by which records are known as theirs.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param producerId the producer
 * @param firstEpoch the epoch of the first of them, or of the next transaction if there is none
 * @param count how many they are
 */
public record KnownCommits(long producerId, int firstEpoch, int count) {

  /** The epoch of a producer's last transaction: the next has another producer, and epoch 0. */
  private static final int LAST_EPOCH = Short.MAX_VALUE - 1;

  /** No transaction is known, nor will be. */
  public static final KnownCommits NONE = new KnownCommits(-1, 0, 0);

  /** {@return these and the one after them} */
  public KnownCommits another() {
    return producerId < 0 ? this : new KnownCommits(producerId, firstEpoch, count + 1);
  }

  /**
   * {@return whether no further one can be known, as the producer has had its last epoch}
   *
   * <p>Where epochs do not grow this comes as often, and means nothing.
   */
  public boolean areLastOfProducer() {
    return producerId >= 0 && firstEpoch + count > LAST_EPOCH;
  }

  /** {@return whether there is none} */
  boolean isEmpty() {
    return count == 0;
  }

  /**
   * {@return whether records of this epoch are of one of them}
   *
   * @param last what the coordinator answers: unless its epoch is that of a later transaction,
   *     epochs do not grow, and the records may be of any
   */
  boolean have(TransactionDescription last, int epoch) {
    return last.producerId() == producerId
        && last.producerEpoch() >= firstEpoch + count
        && epoch >= firstEpoch
        && epoch < firstEpoch + count;
  }
}
