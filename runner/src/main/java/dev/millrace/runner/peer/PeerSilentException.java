package dev.millrace.runner.peer;

/** Another instance cannot be asked at present, or does not answer. */
public final class PeerSilentException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient Unanswered unanswered;

  PeerSilentException(Unanswered unanswered) {
    super("Cannot ask instance " + unanswered.instance() + ": " + unanswered.reason());
    this.unanswered = unanswered;
  }

  /** {@return who it is, and the reason} */
  public Unanswered unanswered() {
    return unanswered;
  }
}
