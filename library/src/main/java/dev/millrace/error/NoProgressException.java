package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The failure of a stage that tries again and again and commits nothing, for a reason that does not
 * go away by itself. Nothing is lost: the job continues from its last commit once the cause is
 * removed.
 */
public final class NoProgressException extends MillraceException {

  private static final long serialVersionUID = 1L;

  private final String stage;

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public NoProgressException(String message, String stage, @Nullable Throwable cause) {
    super(message, Place.ofStage(stage), cause);
    this.stage = stage;
  }

  /** {@return the stage that makes no progress} */
  public String stage() {
    return stage;
  }
}
