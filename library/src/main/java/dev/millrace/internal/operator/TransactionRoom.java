package dev.millrace.internal.operator;

/**
 * Says whether the open transaction can take more, so that firing many windows is spread over
 * several.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
@FunctionalInterface
public interface TransactionRoom {

  /** {@return whether there is room for more changes and output} */
  boolean isLeft();
}
