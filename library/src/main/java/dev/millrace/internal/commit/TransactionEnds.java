package dev.millrace.internal.commit;

/**
 * The ends of transactions, which brokers may have left out in some of their partitions.
 *
 * <p><b>Threads.</b> Confined to the worker. Calls wait for answers of the cluster.
 */
@FunctionalInterface
public interface TransactionEnds {

  /**
   * Looks whether the last transaction of this worker's id has ended everywhere, and ends it where
   * it has not; returns whether another may begin or the id be initialised.
   */
  boolean settleLast();

  /**
   * Notes that all that this worker has ended so far has ended everywhere, or cannot be helped. How
   * its transactions end from here on, it knows better than their coordinator, which reports the
   * last one only.
   */
  default void beginsAnew() {}

  /** Notes that the next transaction of this worker has committed. */
  default void committed() {}

  /**
   * Ends those transactions of others that are in the way of whoever reads what this worker writes,
   * as far as it is known how they ended; returns whether there is nothing to try again.
   */
  default boolean settleOthers() {
    return true;
  }
}
