package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of Millrace's exceptions. All are unchecked; messages have the shape {@code Cannot
 * <verb> <thing>: <reason> (<values>). <what to do>}. The job, stage, task, topic, partition and
 * offset that a message names are also there as data, as {@link #place}.
 */
public class MillraceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private volatile Place place;

  /** Creates an exception with a whole sentence as its message. */
  public MillraceException(String message) {
    super(message);
    this.place = Place.UNKNOWN;
  }

  /** Creates an exception with a whole sentence as its message, and its cause. */
  public MillraceException(String message, @Nullable Throwable cause) {
    this(message, Place.UNKNOWN, cause);
  }

  /**
   * Creates an exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known; the rest is taken from the cause
   */
  public MillraceException(String message, Place place, @Nullable Throwable cause) {
    super(message, cause);
    this.place = place.orElse(placeOf(cause));
  }

  /** {@return where it happened, as far as that is known} */
  public final Place place() {
    return place;
  }

  /**
   * Adds to the place what callers know, such as the job of a failure that knows only its file;
   * known parts stay.
   *
   * @return this exception
   */
  public final MillraceException within(Place outer) {
    place = place.orElse(outer);
    return this;
  }

  /** {@return the place of the nearest of our exceptions among a failure and its causes} */
  private static Place placeOf(@Nullable Throwable failure) {
    // A chain of causes may be a circle, if user code makes it one.
    int left = 100;
    for (@Nullable Throwable at = failure; at != null && left > 0; at = at.getCause()) {
      if (at instanceof MillraceException known) {
        return known.place();
      }
      left--;
    }
    return Place.UNKNOWN;
  }
}
