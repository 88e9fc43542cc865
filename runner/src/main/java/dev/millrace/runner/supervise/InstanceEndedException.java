package dev.millrace.runner.supervise;

import dev.millrace.error.MillraceException;

/** The end of a supervised instance that is not started again, since that would not help. */
public final class InstanceEndedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  private final int exitCode;

  InstanceEndedException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  /** {@return the exit code of its last process, which is that of the supervisor as well} */
  public int exitCode() {
    return exitCode;
  }
}
