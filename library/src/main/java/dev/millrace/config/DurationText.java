package dev.millrace.config;

import dev.millrace.error.ConfigurationException;
import java.time.Duration;

/**
 * Durations as people write them: {@code 100ms}, {@code 30s}, {@code 5m}, {@code 1h}, {@code 2d}.
 */
public final class DurationText {

  private static final ValueType<Duration> ANY =
      ValueType.duration(Duration.ZERO, Duration.ofDays(36_500));

  private DurationText() {}

  /**
   * {@return the duration that a text stands for}
   *
   * @param name what is being read, for the message
   * @throws ConfigurationException if the text is no duration
   */
  public static Duration parse(String name, String text) {
    try {
      return ANY.parse().apply(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot read " + name + ": '" + text + "' " + e.getMessage(), e);
    }
  }
}
