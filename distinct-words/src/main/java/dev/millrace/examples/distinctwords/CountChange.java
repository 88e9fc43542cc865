package dev.millrace.examples.distinctwords;

import dev.millrace.table.Change;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A change of the table of {@link DistinctWordsJob}.
 *
 * @param kind what happens to a row
 * @param count how often words have occurred: the row's key
 * @param words how many words have occurred so often
 */
record CountChange(Change.Kind kind, long count, long words) {

  private static final Pattern LINE =
      Pattern.compile("\\{\"kind\":\"([A-Z_]+)\",\"count\":(-?\\d+),\"words\":(-?\\d+)}");

  static CountChange of(Change<Long, Long> change) {
    return new CountChange(change.kind(), change.key(), change.value());
  }

  /**
   * {@return the change that a line of the job's output has}
   *
   * @throws IllegalArgumentException if it is no such line
   */
  static CountChange parse(String line) {
    Matcher parts = LINE.matcher(line);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "Cannot read a change: it is not as distinct-words writes it (" + line + ")");
    }
    return new CountChange(
        Change.Kind.valueOf(parts.group(1)),
        Long.parseLong(parts.group(2)),
        Long.parseLong(parts.group(3)));
  }

  /** {@return the change for people: a plus or a minus, and the row} */
  @Override
  public String toString() {
    return (kind.retracts() ? "- " : "+ ") + "count " + count + ": " + words + " words";
  }
}
