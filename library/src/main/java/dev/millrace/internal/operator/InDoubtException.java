package dev.millrace.internal.operator;

import dev.millrace.error.MillraceException;

/**
 * The abort of a transaction in which a call failed that may have changed an accumulator in place:
 * only its committed version is still intact. The tasks process their input again, this time
 * {@linkplain Caution with copies}, so that an intact accumulator is left when the same record
 * fails again.
 */
public final class InDoubtException extends MillraceException {

  private static final long serialVersionUID = 1L;

  InDoubtException(Exception cause) {
    super(
        "A function failed on an accumulator that it may have changed: the transaction is repeated",
        cause);
  }
}
