package dev.millrace;

import dev.millrace.config.DurationText;
import dev.millrace.error.ConfigurationException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The arguments of a job, {@code --name value} or {@code --name=value}; a name without a value is a
 * flag.
 *
 * <p><b>Errors.</b> {@link ConfigurationException} where an argument is missing, malformed or
 * unknown.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 */
public final class JobArguments {

  private final Map<String, Optional<String>> values = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  private JobArguments() {}

  /** {@return the arguments of a command line} */
  public static JobArguments of(String... arguments) {
    JobArguments parsed = new JobArguments();
    List<String> rest = List.of(arguments);
    for (int i = 0; i < rest.size(); i++) {
      String word = rest.get(i);
      if (!word.startsWith("--") || word.length() == 2) {
        throw new ConfigurationException(
            "Cannot read the job's arguments: '" + word + "' is not of the form --name value");
      }
      int equals = word.indexOf('=');
      if (equals > 0) {
        parsed.values.put(word.substring(2, equals), Optional.of(word.substring(equals + 1)));
      } else if (i + 1 < rest.size() && !rest.get(i + 1).startsWith("--")) {
        parsed.values.put(word.substring(2), Optional.of(rest.get(++i)));
      } else {
        parsed.values.put(word.substring(2), Optional.empty());
      }
    }
    return parsed;
  }

  /** {@return whether the argument was given, with or without a value} */
  public boolean has(String name) {
    asked.add(name);
    return values.containsKey(name);
  }

  /** {@return the argument's text, which must be there} */
  public String text(String name) {
    return optional(name)
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "Cannot define the job: the argument --"
                        + name
                        + " is missing. Give it after '--', for example: -- --"
                        + name
                        + " VALUE"));
  }

  /** {@return the argument's text, or a default} */
  public String text(String name, String otherwise) {
    return optional(name).orElse(otherwise);
  }

  /** {@return the argument as a path, which must be there} */
  public Path path(String name) {
    return Path.of(text(name));
  }

  /** {@return the argument as a whole number, or a default} */
  public long number(String name, long otherwise) {
    Optional<String> text = optional(name);
    try {
      return text.map(Long::parseLong).orElse(otherwise);
    } catch (NumberFormatException e) {
      throw new ConfigurationException(
          "Cannot read --" + name + ": it is not a number (" + text.orElse("") + ")", e);
    }
  }

  /**
   * {@return the argument as a duration such as {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h};
   * or a default}
   */
  public Duration duration(String name, Duration otherwise) {
    return optional(name).map(text -> DurationText.parse("--" + name, text)).orElse(otherwise);
  }

  /** Fails if an argument was given that the job never asked for. */
  public void checkAllUsed() {
    for (String name : values.keySet()) {
      if (!asked.contains(name)) {
        throw new ConfigurationException(
            "Cannot define the job: the argument --"
                + name
                + " is unknown. "
                + (asked.isEmpty()
                    ? "The job takes none"
                    : "Known are " + asked.stream().map(known -> "--" + known).toList()));
      }
    }
  }

  private Optional<String> optional(String name) {
    asked.add(name);
    return values.getOrDefault(name, Optional.empty());
  }
}
