package dev.millrace.internal.runtime;

import dev.millrace.error.MillraceException;

/**
 * A stop of the worker in the middle of a record, which is processed again after the next start.
 */
final class StoppedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  StoppedException() {
    super("The worker stops");
  }
}
