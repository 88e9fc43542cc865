package dev.millrace.runner.http;

import dev.millrace.config.DurationText;
import dev.millrace.error.ConfigurationException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A request for a page, read and checked.
 *
 * @param path the names in the path, such as that of the job
 * @param query the parameters of the query, all of which the page has
 * @param target the path and query as they came, encoded
 * @param caller who asks
 */
record Request(Map<String, String> path, Map<String, String> query, String target, Caller caller) {

  /** {@return a name in the path} */
  String name(String parameter) {
    String name = path.get(parameter);
    if (name == null) {
      throw new IllegalStateException("The path has no " + parameter);
    }
    return name;
  }

  /** {@return a parameter of the query, if it is given} */
  Optional<String> text(String parameter) {
    return Optional.ofNullable(query.get(parameter));
  }

  /** {@return a time in the query, as ISO 8601 has it or in milliseconds, if it is given} */
  Optional<Instant> time(String parameter) {
    String text = query.get(parameter);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          text.matches("-?\\d{1,15}")
              ? Instant.ofEpochMilli(Long.parseLong(text))
              : OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeParseException e) {
      throw Problem.badRequest(
          "Cannot read "
              + parameter
              + ": give a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970");
    }
  }

  /** {@return a duration in the query, as settings have them, if it is given} */
  Optional<Duration> duration(String parameter) {
    String text = query.get(parameter);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(DurationText.parse(parameter, text));
    } catch (ConfigurationException e) {
      throw Problem.badRequest("Cannot read " + parameter + ": give a time such as 500ms or 10s");
    }
  }

  /** {@return an offset in the query, if it is given} */
  OptionalLong offset(String parameter) {
    String text = query.get(parameter);
    if (text == null) {
      return OptionalLong.empty();
    }
    if (!text.matches("\\d{1,18}")) {
      throw Problem.badRequest("Cannot read " + parameter + ": give an offset, a whole number");
    }
    return OptionalLong.of(Long.parseLong(text));
  }

  /** {@return a number in the query, if it is given} */
  OptionalInt number(String parameter, int least, int most) {
    String text = query.get(parameter);
    if (text == null) {
      return OptionalInt.empty();
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return OptionalInt.of(number);
      }
    } catch (NumberFormatException isNone) {
      // The same answer.
    }
    throw Problem.badRequest(
        "Cannot read " + parameter + ": give a whole number from " + least + " to " + most);
  }
}
