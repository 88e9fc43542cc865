package dev.millrace.runner.supervise;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The history of a supervised instance before its present process, which that process reports with
 * its own state.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param restarts how often the instance was started again since the supervisor started
 * @param lastFailure the last end of a process that was not wanted
 */
public record Past(int restarts, Optional<ChildFailure> lastFailure) {

  /** Nothing has happened yet. */
  public static final Past NONE = new Past(0, Optional.empty());

  /** {@return the record in one line, without its end} */
  String toLine() {
    return restarts
        + lastFailure
            .map(
                failure ->
                    " " + failure.at().toEpochMilli() + " " + failure.exitCode() + lines(failure))
            .orElse("");
  }

  private static String lines(ChildFailure failure) {
    StringBuilder text = new StringBuilder();
    for (String line : failure.lastLines()) {
      text.append(' ')
          .append(Base64.getEncoder().encodeToString(line.getBytes(StandardCharsets.UTF_8)));
    }
    return text.toString();
  }

  /** {@return the record in a line; {@link #NONE} if the line has none} */
  static Past ofLine(String line) {
    String[] words = line.split(" ", -1);
    try {
      int restarts = Integer.parseInt(words[0]);
      if (words.length < 3) {
        return new Past(restarts, Optional.empty());
      }
      List<String> lines =
          Arrays.stream(words, 3, words.length)
              .map(word -> new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8))
              .toList();
      return new Past(
          restarts,
          Optional.of(
              new ChildFailure(
                  Instant.ofEpochMilli(Long.parseLong(words[1])),
                  Integer.parseInt(words[2]),
                  lines)));
    } catch (IllegalArgumentException e) {
      return NONE; // It is for information only: the job runs without it.
    }
  }
}
