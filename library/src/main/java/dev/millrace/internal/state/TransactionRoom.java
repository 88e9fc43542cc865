package dev.millrace.internal.state;

/**
 * The room left in the open transaction; what fires at once is spread over several transactions.
 *
 * <p>Operators ask for every row that fires, and do not count rows themselves: in a running task
 * only one question in many goes through all that fills a transaction, the others cost a counter.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
@FunctionalInterface
public interface TransactionRoom {

  /**
   * {@return whether there is room for one more row, its changes and its results} If not, the row
   * waits for the next transaction.
   */
  boolean isLeft();
}
