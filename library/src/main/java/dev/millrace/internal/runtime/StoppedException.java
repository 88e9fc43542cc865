package dev.millrace.internal.runtime;

import dev.millrace.error.MillraceException;

/** The worker was asked to stop in the middle of a record, which the next start gets again. */
final class StoppedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  StoppedException() {
    super("The worker stops");
  }
}
