package dev.millrace.internal.pattern;

/**
 * The skip strategy of a pattern: the partial and complete matches that are dropped when one has
 * been emitted.
 *
 * @param stage the name of the stage that the kind is about; empty for kinds that need none
 */
public record Skip(Kind kind, String stage) {

  /** The kinds of skip strategies, by the matches that are dropped. */
  public enum Kind {
    /** None. */
    NO_SKIP("noSkip"),
    /** Those that start with the same event. */
    TO_NEXT("toNext"),
    /** Those that start with one of its events, or between them. */
    PAST_LAST("pastLast"),
    /** Those that start before its first event of a stage. */
    TO_FIRST("toFirst"),
    /** Those that start before its last event of a stage. */
    TO_LAST("toLast");

    private final String verb;

    Kind(String verb) {
      this.verb = verb;
    }
  }

  /** All matches are emitted. */
  public static final Skip NONE = new Skip(Kind.NO_SKIP, "");

  /** {@return whether there is anything to skip} */
  public boolean skips() {
    return kind != Kind.NO_SKIP;
  }

  /** {@return the words of the program for it} */
  public String describe() {
    return kind.verb + (stage.isEmpty() ? "" : "(" + stage + ")");
  }
}
