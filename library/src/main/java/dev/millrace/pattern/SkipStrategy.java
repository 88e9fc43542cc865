package dev.millrace.pattern;

import dev.millrace.internal.pattern.Skip;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.util.Arguments;

/**
 * The choice of the matches and partial matches that are dropped when a match has been emitted.
 *
 * <p><b>Contract.</b> With every strategy but {@link #noSkip} matches are emitted in the order of
 * their first events, and a match waits for as long as a partial match that has started before it
 * may still become one. Of those that start with the same event, the one that was complete first
 * comes first; of those that were complete at the same time, the one with the most events.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class SkipStrategy {

  static {
    Specs.grant(SkipStrategy.class, strategy -> strategy.skip);
  }

  private final Skip skip;

  private SkipStrategy(Skip skip) {
    this.skip = skip;
  }

  /** {@return no skipping: all matches are emitted, each when it is complete; the default} */
  public static SkipStrategy noSkip() {
    return new SkipStrategy(Skip.NONE);
  }

  /** {@return a strategy by which one match starts with an event at most} */
  public static SkipStrategy toNext() {
    return of(Skip.Kind.TO_NEXT);
  }

  /** {@return a strategy by which matches do not overlap: the next starts after the last event} */
  public static SkipStrategy pastLast() {
    return of(Skip.Kind.PAST_LAST);
  }

  /**
   * {@return a strategy by which the next match starts with the first event of a stage, or later}
   *
   * @param stage not an optional one
   */
  public static SkipStrategy toFirst(String stage) {
    return of(Skip.Kind.TO_FIRST, stage);
  }

  /**
   * {@return a strategy by which the next match starts with the last event of a stage, or later}
   *
   * @param stage not an optional one
   */
  public static SkipStrategy toLast(String stage) {
    return of(Skip.Kind.TO_LAST, stage);
  }

  private static SkipStrategy of(Skip.Kind kind) {
    return new SkipStrategy(new Skip(kind, ""));
  }

  private static SkipStrategy of(Skip.Kind kind, String stage) {
    return new SkipStrategy(new Skip(kind, Arguments.given("Cannot skip", "stage", stage)));
  }

  @Override
  public String toString() {
    return skip.describe();
  }
}
