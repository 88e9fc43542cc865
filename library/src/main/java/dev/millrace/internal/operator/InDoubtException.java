package dev.millrace.internal.operator;

import dev.millrace.error.MillraceException;

/**
 * The abort of a transaction for an aggregate: what has become of its records can only be undone by
 * processing them again, in another way.
 *
 * <p>One reason is a call that failed and may have changed an accumulator in place: only its
 * committed version is still intact. The tasks process their input {@linkplain Caution with copies}
 * this time, so that an intact accumulator is left when the same record fails again. The other is a
 * partial result that cannot be sent: this time, records travel one by one.
 */
public final class InDoubtException extends MillraceException {

  private static final long serialVersionUID = 1L;

  InDoubtException(Exception cause) {
    this(
        "A function failed on an accumulator that it may have changed: the transaction is repeated"
            + " with copies",
        cause);
  }

  private InDoubtException(String message, Exception cause) {
    super(message, cause);
  }

  /** {@return the abort for a partial result of several records that cannot be sent} */
  public static InDoubtException ofPartial(Exception cause) {
    return new InDoubtException(
        "A partial aggregate cannot be sent: the transaction is repeated without any", cause);
  }
}
