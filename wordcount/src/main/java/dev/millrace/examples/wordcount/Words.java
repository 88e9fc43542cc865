package dev.millrace.examples.wordcount;

import java.io.IOException;
import java.io.Reader;
import java.util.Optional;

/**
 * The words of a text, in order: maximal runs of letters and apostrophes.
 *
 * <p><b>Threads.</b> Confined to one.
 */
final class Words {

  private final Reader text;

  /** Reads from a reader that should be buffered, and is left to the caller to close. */
  Words(Reader text) {
    this.text = text;
  }

  /** {@return the next word as it is written, or empty at the end of the text} */
  Optional<String> next() throws IOException {
    StringBuilder word = new StringBuilder();
    for (int c = codePoint(); c >= 0; c = codePoint()) {
      if (Character.isLetter(c) || c == '\'') {
        word.appendCodePoint(c);
      } else if (!word.isEmpty()) {
        return Optional.of(word.toString());
      }
    }
    return word.isEmpty() ? Optional.empty() : Optional.of(word.toString());
  }

  private int codePoint() throws IOException {
    int first = text.read();
    if (first < 0 || !Character.isHighSurrogate((char) first)) {
      return first;
    }
    // A decoder yields surrogates in pairs only.
    int second = text.read();
    return second < 0 ? first : Character.toCodePoint((char) first, (char) second);
  }
}
