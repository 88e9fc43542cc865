package dev.millrace.internal.operator;

import dev.millrace.error.MillraceException;

/**
 * The end of a transaction in which a call failed that may have changed an accumulator in place: of
 * how it was before nothing is left but what is committed. The tasks process their input again,
 * {@linkplain Caution with copies}, and come to the same record with something to go back to.
 */
public final class InDoubtException extends MillraceException {

  private static final long serialVersionUID = 1L;

  InDoubtException(Exception cause) {
    super(
        "A function failed on an accumulator that it may have changed: the transaction is repeated",
        cause);
  }
}
