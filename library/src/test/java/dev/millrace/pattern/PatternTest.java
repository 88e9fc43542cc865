package dev.millrace.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.spec.Specs;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a pattern refuses, and what it says of itself. */
final class PatternTest {

  private record Refused(String because, Supplier<Pattern<String>> pattern) {
    @Override
    public String toString() {
      return because;
    }
  }

  private static Refused refused(String because, Supplier<Pattern<String>> pattern) {
    return new Refused(because, pattern);
  }

  private static Pattern<String> a() {
    return Pattern.begin("a");
  }

  static Stream<Refused> contradictions() {
    return Stream.of(
        refused("the name 'a' is there twice", () -> a().next("a")),
        refused("the name 'a' is there twice", () -> a().next(Pattern.<String>begin("a"))),
        refused("the name 'a' is there twice", () -> a().notNext("a").next("b")),
        refused("Cannot name a stage ''", () -> Pattern.begin("")),
        refused("Cannot name a stage 'a b'", () -> a().next("a b")),
        refused("all of its stages are optional", () -> a().optional()),
        refused(
            "all stages of a group with oneOrMore are optional",
            () -> Pattern.begin(a().optional()).oneOrMore()),
        refused(
            "it ends with notFollowedBy 'n', and nothing ends the time",
            () -> a().notFollowedBy("n")),
        refused("it ends with notNext 'n'", () -> a().notNext("n").within(Duration.ofSeconds(1))),
        refused(
            "before 'n', which must not come, there is no event",
            () -> a().optional().notNext("n").next("b")),
        refused(
            "'n' has a bound of time of its own",
            () -> a().notFollowedBy("n").withinPrevious(Duration.ofSeconds(1)).next("b")),
        refused("greedy stage 'a' may be the last", () -> a().oneOrMore().greedy()),
        refused(
            "greedy stage 'a' may be the last",
            () -> a().oneOrMore().greedy().next("b").optional()),
        refused("the stage takes a fixed number of events", () -> a().times(2).greedy()),
        refused("a group is not greedy", () -> Pattern.begin(a()).oneOrMore().greedy()),
        refused("the number of times is set already (oneOrMore)", () -> a().oneOrMore().times(2)),
        refused("the most times are below the fewest (3, 2)", () -> a().times(3, 2)),
        refused("the fewest times are below 1 (0)", () -> a().times(0, 2)),
        refused("the stage takes one event", () -> a().consecutive()),
        refused("the stage takes one event", () -> a().until(word -> true)),
        refused(
            "the stage has an end already",
            () -> a().oneOrMore().until(word -> true).until(word -> true)),
        refused("'n' must not come at all", () -> a().notNext("n").oneOrMore()),
        refused(
            "the stage has no condition so far, so that it takes any event",
            () -> a().or(word -> true)),
        refused("the last thing named is a group", () -> Pattern.begin(a()).where(word -> true)),
        refused(
            "are about a whole pattern",
            () -> Pattern.begin(a().within(Duration.ofSeconds(1))).next("b")),
        refused(
            "it skips to stage 'z', which it does not have [a]",
            () -> a().skip(SkipStrategy.toFirst("z"))),
        refused(
            "it skips to stage 'b', which is optional",
            () -> a().next("b").optional().skip(SkipStrategy.toLast("b"))),
        refused("more than 5000 places", () -> a().times(5_001)),
        refused("the duration is below 1 ms", () -> a().within(Duration.ZERO)));
  }

  @ParameterizedTest
  @MethodSource("contradictions")
  void refusesWhatContradictsItself(Refused refused) {
    assertThatThrownBy(() -> refused.pattern().get().toMermaid())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(refused.because());
  }

  @Test
  void describesItselfInItsOwnWords() {
    Pattern<String> pattern =
        a().where(word -> true)
            .times(2, 3)
            .consecutive()
            .greedy()
            .notFollowedBy("n")
            .followedByAny(Pattern.<String>begin("b").next("c").oneOrMore())
            .optional()
            .followedBy("d")
            .within(Duration.ofSeconds(1))
            .skip(SkipStrategy.toFirst("a"));
    assertThat(pattern)
        .hasToString(
            "begin a times(2, 3) consecutive greedy, notFollowedBy n, followedByAny (followedBy b,"
                + " next c oneOrMore) optional, followedBy d within 1000 ms skip toFirst(a)");
  }

  @Test
  void drawsItsAutomaton() {
    assertThat(a().oneOrMore().greedy().notNext("n").next("b").toMermaid())
        .isEqualTo(
            """
            stateDiagram-v2
              direction LR
              p0 : a
              p1 : b
              [*] --> p0
              p0 --> p0 : followedBy
              p0 --> p1 : next, not next n, greedy before
              p1 --> [*]
            """);
  }

  @Test
  void warnsOfLoopsThatGrowForEver() {
    assertThat(spec(a().oneOrMore().next("b")).warnings())
        .singleElement()
        .asString()
        .contains("'a'", "within(...)", "until(...)");
    assertThat(spec(Pattern.begin(a()).oneOrMore()).warnings()).hasSize(1);
    assertThat(spec(a().oneOrMore().until(word -> true)).warnings()).isEmpty();
    assertThat(spec(a().oneOrMore().within(Duration.ofSeconds(1))).warnings()).isEmpty();
    assertThat(spec(a().times(3)).warnings()).isEmpty();
  }

  @Test
  void warnsOfMatchesThatMayWaitForEver() {
    Pattern<String> pattern = a().followedBy("b").skip(SkipStrategy.pastLast());
    assertThat(spec(pattern).warnings())
        .singleElement()
        .asString()
        .contains("skip pastLast", "within(...)");
    assertThat(spec(pattern.within(Duration.ofSeconds(1))).warnings()).isEmpty();
    assertThat(spec(pattern.withinPrevious(Duration.ofSeconds(1))).warnings()).isEmpty();
    assertThat(spec(a().next("b").skip(SkipStrategy.pastLast())).warnings()).isEmpty();
    assertThat(spec(a().followedBy("b").skip(SkipStrategy.noSkip())).warnings()).isEmpty();
  }

  /** Partial matches that are kept fit as long as this is the same. */
  @Test
  void conditionsTimesAndSkipsAreNotPartOfItsShape() {
    String shape = spec(a().next("b")).shape();
    assertThat(spec(a().where(word -> true).next("b").within(Duration.ofSeconds(1))).shape())
        .isEqualTo(shape);
    assertThat(spec(a().next("b").skip(SkipStrategy.pastLast()).version(2)).shape())
        .isEqualTo(shape);
    assertThat(spec(a().followedBy("b")).shape()).isNotEqualTo(shape);
    assertThat(spec(a().next("b").optional()).shape()).isNotEqualTo(shape);
    assertThat(spec(a().next("c")).shape()).isNotEqualTo(shape);
  }

  private static PatternSpec spec(Pattern<String> pattern) {
    return Specs.of(pattern, PatternSpec.class);
  }
}
