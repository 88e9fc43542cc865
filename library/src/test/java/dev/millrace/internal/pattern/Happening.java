package dev.millrace.internal.pattern;

/**
 * An event of random patterns: a letter, which most conditions are about, and a number.
 *
 * @param index what makes each event another
 */
public record Happening(int index, long timeMs, char letter, int number) {
  @Override
  public String toString() {
    return index + ":" + letter + number + "@" + timeMs;
  }
}
