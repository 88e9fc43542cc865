package dev.millrace.window;

import dev.millrace.error.ConfigurationException;
import java.time.Duration;
import java.util.Optional;

/** Makes the kinds of windows. */
public final class Windows {

  private Windows() {}

  /**
   * {@return windows {@code [n * size, (n + 1) * size)}, aligned to the epoch}
   *
   * @param size the length, at least 1 ms
   */
  public static WindowSpec.Tumbling tumbling(Duration size) {
    return tumbling(size, Duration.ZERO);
  }

  /**
   * {@return windows of one size, shifted against the epoch}
   *
   * @param size the length, at least 1 ms
   * @param offset the shift, {@code 0 <= offset < size}
   */
  public static WindowSpec.Tumbling tumbling(Duration size, Duration offset) {
    long sizeMs = size.toMillis();
    long offsetMs = offset.toMillis();
    if (sizeMs < 1) {
      throw new ConfigurationException(
          "Cannot make a tumbling window: its size is below 1 ms ("
              + size
              + "). Give a longer one");
    }
    if (offsetMs < 0 || offsetMs >= sizeMs) {
      throw new ConfigurationException(
          "Cannot make a tumbling window: the offset must be at least 0 and below the size ("
              + offset
              + ", "
              + size
              + ")");
    }
    return new WindowSpec.Tumbling(sizeMs, offsetMs, Optional.empty());
  }
}
