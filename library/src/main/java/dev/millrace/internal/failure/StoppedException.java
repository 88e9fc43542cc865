package dev.millrace.internal.failure;

import dev.millrace.error.MillraceException;

/**
 * A stop of the worker in the middle of a record, which is processed again after the next start.
 */
public final class StoppedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  public StoppedException() {
    super("The worker stops");
  }
}
