package dev.millrace.runner.doctor;

/**
 * One thing that was looked at.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param subject what it is about, in a word
 * @param level how bad it is
 * @param text what was found
 * @param advice what to do; empty if nothing
 */
public record Finding(String subject, Level level, String text, String advice) {

  /** The weight of a finding. */
  public enum Level {
    /** As it should be. */
    OK,
    /** It works, and something could go wrong. */
    WARN,
    /** A job does not work with it, or loses what it should not. */
    FAIL
  }

  static Finding ok(String subject, String text) {
    return new Finding(subject, Level.OK, text, "");
  }

  static Finding warn(String subject, String text, String advice) {
    return new Finding(subject, Level.WARN, text, advice);
  }

  static Finding fail(String subject, String text, String advice) {
    return new Finding(subject, Level.FAIL, text, advice);
  }
}
