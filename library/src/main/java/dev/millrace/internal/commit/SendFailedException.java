package dev.millrace.internal.commit;

/**
 * Records could not be handed to the producer: nothing of the transaction is committed, and the
 * worker has to start afresh.
 */
public final class SendFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  SendFailedException(RuntimeException cause) {
    super(cause.toString(), cause);
  }
}
