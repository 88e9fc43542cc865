package dev.millrace.internal.sim;

/**
 * The choice of what goes wrong with each commit of a transaction.
 *
 * <p><b>Threads.</b> Called by the thread that commits.
 */
@FunctionalInterface
public interface CommitFaults {

  /** Nothing ever goes wrong. */
  CommitFaults NEVER = transactionalId -> CommitFault.NONE;

  /** {@return what goes wrong with the commit that begins} */
  CommitFault next(String transactionalId);
}
