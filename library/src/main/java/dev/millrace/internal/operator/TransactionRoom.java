package dev.millrace.internal.operator;

/**
 * The room left in the open transaction; firing many windows is spread over several transactions.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
@FunctionalInterface
public interface TransactionRoom {

  /** {@return whether there is room for more changes and output} */
  boolean isLeft();
}
