package dev.millrace.error;

/**
 * The refusal to run a job that was stopped by order: no instance runs before the order is taken
 * back ({@link dev.millrace.JobAdmin#start}).
 */
public final class JobStoppedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception with a whole sentence as its message.
   *
   * @param place where it happened, as far as it is known
   */
  public JobStoppedException(String message, Place place) {
    super(message, place, null);
  }
}
