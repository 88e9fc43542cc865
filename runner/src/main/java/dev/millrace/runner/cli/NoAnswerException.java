package dev.millrace.runner.cli;

/** No instance of a job answers at present. */
final class NoAnswerException extends Exception {

  private static final long serialVersionUID = 1L;

  NoAnswerException(String message) {
    super(message);
  }
}
