package dev.millrace.internal.codec.json;

import dev.millrace.serde.JsonTimes;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * Times written as numbers since 1970, in the unit that the reader was given. Nothing is guessed: a
 * number outside the years 0 to 9999 is no time.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class EpochTimes {

  private static final long YEAR_0 = LocalDate.of(0, 1, 1).toEpochDay() * 86_400;
  private static final long YEAR_10000 = LocalDate.of(10_000, 1, 1).toEpochDay() * 86_400;
  private static final long YEAR_1980 = LocalDate.of(1980, 1, 1).toEpochDay() * 86_400;
  private static final long YEAR_2100 = LocalDate.of(2100, 1, 1).toEpochDay() * 86_400;
  private static final int NANO_DIGITS = 9;

  /** Beyond, a fraction is less than a nanosecond and a whole number more than any range. */
  private static final int DIGIT_LIMIT = 40;

  private EpochTimes() {}

  /** {@return the time, or null if numbers are no times or it is out of range} */
  static @Nullable Instant instant(long number, JsonTimes unit) {
    long perSecond = perSecond(unit);
    if (perSecond == 0) {
      return null;
    }
    long seconds = Math.floorDiv(number, perSecond);
    return isInRange(seconds)
        ? Instant.ofEpochSecond(
            seconds, Math.floorMod(number, perSecond) * (1_000_000_000 / perSecond))
        : null;
  }

  /** {@return the time to the nanosecond, or null if it is out of range} */
  static @Nullable Instant instant(BigDecimal number, JsonTimes unit) {
    BigDecimal seconds = seconds(number, unit);
    if (seconds == null
        || seconds.compareTo(BigDecimal.valueOf(YEAR_0)) < 0
        || seconds.compareTo(BigDecimal.valueOf(YEAR_10000)) >= 0) {
      return null;
    }
    long whole = seconds.setScale(0, RoundingMode.FLOOR).longValueExact();
    return Instant.ofEpochSecond(
        whole, nanos(seconds.subtract(BigDecimal.valueOf(whole)), RoundingMode.FLOOR));
  }

  /** {@return the span to the nanosecond, or null if no duration is as long} */
  static @Nullable Duration duration(BigDecimal number, JsonTimes unit) {
    BigDecimal seconds = seconds(number, unit);
    if (seconds == null || seconds.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) >= 0) {
      return null;
    }
    long whole = seconds.setScale(0, RoundingMode.FLOOR).longValueExact();
    return Duration.ofSeconds(
        whole, nanos(seconds.subtract(BigDecimal.valueOf(whole)), RoundingMode.FLOOR));
  }

  private static long nanos(BigDecimal fraction, RoundingMode rounding) {
    return fraction.movePointRight(NANO_DIGITS).setScale(0, rounding).longValueExact();
  }

  /** {@return the number in seconds, small enough to compute with, or null} */
  private static @Nullable BigDecimal seconds(BigDecimal number, JsonTimes unit) {
    long perSecond = perSecond(unit);
    if (perSecond == 0) {
      return null;
    }
    if (number.signum() == 0) {
      return BigDecimal.ZERO;
    }
    long magnitude = (long) number.precision() - number.scale();
    if (magnitude > DIGIT_LIMIT) {
      return null;
    }
    BigDecimal exact =
        magnitude < -DIGIT_LIMIT
            ? BigDecimal.valueOf(number.signum(), DIGIT_LIMIT) // only its sign matters
            : number;
    return exact.movePointLeft(Long.toString(perSecond).length() - 1);
  }

  private static long perSecond(JsonTimes unit) {
    return switch (unit) {
      case SECONDS -> 1;
      case MILLIS -> 1_000;
      case MICROS -> 1_000_000;
      case ISO -> 0;
    };
  }

  private static boolean isInRange(long seconds) {
    return seconds >= YEAR_0 && seconds < YEAR_10000;
  }

  /** {@return the unit in which the number is a time of our days, or null} */
  static @Nullable JsonTimes likelyUnit(BigDecimal number) {
    for (JsonTimes unit : JsonTimes.values()) {
      Instant time = unit == JsonTimes.ISO ? null : instant(number, unit);
      if (time != null && time.getEpochSecond() >= YEAR_1980 && time.getEpochSecond() < YEAR_2100) {
        return unit;
      }
    }
    return null;
  }
}
