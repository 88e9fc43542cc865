package dev.millrace.runner.supervise;

import com.beust.jcommander.ParameterException;
import dev.millrace.config.DurationText;
import dev.millrace.error.ConfigurationException;
import java.time.Duration;

/**
 * The number of restarts that are allowed within a period of time.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param restarts at least 0
 * @param window longer than 0
 */
record RestartBudget(int restarts, Duration window) {

  private static final int MOST_DIGITS = 6;

  /**
   * {@return the budget in a text such as {@code 20/10m}}
   *
   * @throws ParameterException if it is none
   */
  static RestartBudget parse(String option, String text) {
    int slash = text.indexOf('/');
    String count = slash < 0 ? "" : text.substring(0, slash);
    if (!count.matches("[0-9]{1," + MOST_DIGITS + "}")) {
      throw refused(option, text, "it is no number of restarts and a time");
    }
    try {
      Duration window = DurationText.parse(option, text.substring(slash + 1));
      if (window.isZero()) {
        throw refused(option, text, "the time is zero");
      }
      return new RestartBudget(Integer.parseInt(count), window);
    } catch (ConfigurationException e) {
      throw refused(option, text, "its time is no duration");
    }
  }

  private static ParameterException refused(String option, String text, String reason) {
    return new ParameterException(
        "Cannot use " + option + " " + text + ": " + reason + ". Write, for instance, 20/10m");
  }
}
