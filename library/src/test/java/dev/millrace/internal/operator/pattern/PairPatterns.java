package dev.millrace.internal.operator.pattern;

import dev.millrace.pattern.Pattern;

/** Patterns of an "a" and a later "b", each with a number. */
final class PairPatterns {

  private PairPatterns() {}

  /** {@return a pair of any numbers; the event "!" makes a condition fail} */
  static Pattern<String> pair() {
    return Pattern.<String>begin("a")
        .where(word -> word.startsWith("a"))
        .followedBy("b")
        .where(PairPatterns::isB);
  }

  /** {@return a pair of the same number} */
  static Pattern<String> pairOfOneNumber() {
    return pair().where((word, match) -> word.substring(1).equals(match.first("a").substring(1)));
  }

  /** {@return whether an event is a "b"; fails at "!"} */
  static boolean isB(String word) {
    if (word.equals("!")) {
      throw new IllegalStateException("told to fail");
    }
    return word.startsWith("b");
  }
}
