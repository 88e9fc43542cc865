package dev.millrace.error;

/**
 * A contradiction between committed offsets, restored state and the input's log. The job cannot
 * continue from its last commit; the message names the remedies.
 */
public final class OffsetsDivergedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  private final String stage;
  private final int task;

  /**
   * Creates the exception with its message.
   *
   * @param reason the contradiction, and the remedies
   */
  public OffsetsDivergedException(String stage, int task, String reason) {
    super(
        "Cannot open task " + task + " of stage '" + stage + "': " + reason,
        Place.ofStage(stage).withTask(task),
        null);
    this.stage = stage;
    this.task = task;
  }

  /** {@return the stage} */
  public String stage() {
    return stage;
  }

  /** {@return the task of the stage, which is also the number of its inputs' partitions} */
  public int task() {
    return task;
  }
}
