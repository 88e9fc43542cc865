package dev.millrace.serde;

/**
 * The unit of numbers that stand for times in JSON.
 *
 * <p><b>Contract.</b> It holds for points in time ({@code Instant}, {@code OffsetDateTime}, {@code
 * ZonedDateTime}, {@code Date}), counted since 1970-01-01T00:00:00Z, and for {@code Duration}; for
 * whole numbers, for fractions, and for numbers written as text. Text in ISO-8601 is read whatever
 * the unit. A number that is a time outside the years 0 to 9999 is an error: its unit is another
 * one. Types without a zone ({@code LocalDateTime}, {@code LocalTime}) are text only; a {@code
 * LocalDate} may also be a number of days since 1970-01-01.
 */
public enum JsonTimes {
  /** Seconds, as Unix and many log shippers write them. */
  SECONDS,
  /** Milliseconds, as Kafka and JavaScript write them; the default. */
  MILLIS,
  /** Microseconds, as databases and tracing tools write them. */
  MICROS,
  /** No numbers: times are ISO-8601 text, and a number is an error. */
  ISO
}
