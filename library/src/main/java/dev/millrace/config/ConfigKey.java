package dev.millrace.config;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.Arguments;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table of settings.
 *
 * <p><b>Threads.</b> Immutable.
 */
record ConfigKey<T>(String name, ValueType<T> type, String defaultValue, String description) {

  /** {@return a value as {@link #read(Setting)} reads it} */
  String text(@Nullable T value) {
    String cannot = "Cannot set " + name;
    Object given = Arguments.given(cannot, "value", value);
    if (given instanceof Duration duration) {
      Arguments.notNegativeMs(cannot, "value", duration);
      Arguments.checkWhole(cannot, "value", duration);
      return duration.toMillis() + "ms";
    }
    return given instanceof Enum<?> constant ? ValueType.spelling(constant) : given.toString();
  }

  /** {@return the value of {@code setting}} */
  T read(Setting setting) {
    return read(name, type, setting);
  }

  /** {@return the value of {@code setting}, under a name that is not in the table itself} */
  static <T> T read(String name, ValueType<T> type, Setting setting) {
    try {
      return type.parse().apply(setting.value());
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot read setting "
              + name
              + " ("
              + setting.origin()
              + "): '"
              + SecretSettings.shown(name, setting.value())
              + "' "
              + e.getMessage()
              + ".",
          e);
    }
  }
}
