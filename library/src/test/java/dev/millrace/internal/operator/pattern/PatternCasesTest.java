package dev.millrace.internal.operator.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.pattern.MatchCondition;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import dev.millrace.pattern.Unfinished;
import dev.millrace.time.TimeDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What patterns find, as a table, in each way that a task may run them.
 *
 * <p>Events are words, the letter of which is what the stage of the same name takes; they come one
 * millisecond after the other, or at the time that follows their {@code @}. A bar lets the
 * watermark pass all events so far, {@code |20} lets it come to 20. Results are separated by
 * semicolons, in the order in which they come.
 */
final class PatternCasesTest {

  @TempDir Path directory;

  /** What happens to the task after each event and each watermark. */
  enum Mode {
    ONE_TRANSACTION,
    COMMIT,
    RESTART,
    /** The step is aborted once, and done again. */
    REPLAY,
    /** Each transaction has room for one event, or for one row of what is due. */
    NO_ROOM
  }

  record Case(String name, Pattern<String> pattern, String events, String expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  record Run(Case of, Mode mode, boolean onDisk) {
    @Override
    public String toString() {
      return of + ", " + mode + (onDisk ? " on disk" : "");
    }
  }

  private static Pattern<String> begin(String stage) {
    return Pattern.<String>begin(stage).where(word -> word.startsWith(letter(stage)));
  }

  private static String letter(String stage) {
    return stage.substring(0, 1);
  }

  private static Pattern<String> next(Pattern<String> before, String stage) {
    return before.next(stage).where(word -> word.startsWith(letter(stage)));
  }

  private static Pattern<String> followedBy(Pattern<String> before, String stage) {
    return before.followedBy(stage).where(word -> word.startsWith(letter(stage)));
  }

  private static Pattern<String> followedByAny(Pattern<String> before, String stage) {
    return before.followedByAny(stage).where(word -> word.startsWith(letter(stage)));
  }

  private static Pattern<String> notNext(Pattern<String> before, String stage) {
    return before.notNext(stage).where(word -> word.startsWith(letter(stage)));
  }

  private static Pattern<String> notFollowedBy(Pattern<String> before, String stage) {
    return before.notFollowedBy(stage).where(word -> word.startsWith(letter(stage)));
  }

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }

  private static List<Case> cases() {
    List<Case> all = new ArrayList<>();
    // Contiguity.
    all.add(new Case("one stage", begin("a"), "a1 b1 a2", "a1; a2"));
    all.add(new Case("next", next(begin("a"), "b"), "a1 b1 a2 x b2 a3 a4 b3", "a1 b1; a4 b3"));
    all.add(new Case("followedBy", followedBy(begin("a"), "b"), "a1 x a2 b1 b2", "a1 b1; a2 b1"));
    all.add(
        new Case(
            "followedByAny",
            followedByAny(begin("a"), "b"),
            "a1 x a2 b1 b2",
            "a1 b1; a2 b1; a1 b2; a2 b2"));
    all.add(
        new Case(
            "next after followedBy",
            next(followedBy(begin("a"), "b"), "c"),
            "a1 b1 x c1 a2 b2 c2",
            "a2 b2 c2"));
    all.add(
        new Case(
            "followedByAny tries again where next fails",
            next(followedByAny(begin("a"), "b"), "c"),
            "a1 b1 b2 c1 x b3 c2",
            "a1 b2 c1; a1 b3 c2"));
    // Quantifiers, with each contiguity inside.
    all.add(
        new Case(
            "oneOrMore",
            followedBy(begin("a").oneOrMore(), "b"),
            "a1 x a2 b1",
            "a1 a2 b1; a1 b1; a2 b1"));
    all.add(
        new Case(
            "oneOrMore consecutive",
            followedBy(begin("a").oneOrMore().consecutive(), "b"),
            "a1 a2 x a3 b1",
            "a1 a2 b1; a1 b1; a2 b1; a3 b1"));
    all.add(
        new Case(
            "oneOrMore allowCombinations",
            followedBy(begin("a").oneOrMore().allowCombinations(), "b"),
            "a1 a2 a3 b1",
            "a1 a2 a3 b1; a1 a2 b1; a1 a3 b1; a1 b1; a2 a3 b1; a2 b1; a3 b1"));
    all.add(new Case("oneOrMore at the end", begin("a").oneOrMore(), "a1 x a2", "a1; a1 a2; a2"));
    all.add(new Case("times", begin("a").times(3), "a1 x a2 a3 a4", "a1 a2 a3; a2 a3 a4"));
    all.add(
        new Case("times consecutive", begin("a").times(2).consecutive(), "a1 x a2 a3", "a2 a3"));
    all.add(
        new Case(
            "times allowCombinations",
            begin("a").times(2).allowCombinations(),
            "a1 a2 a3",
            "a1 a2; a1 a3; a2 a3"));
    all.add(
        new Case("times from to", begin("a").times(1, 2), "a1 a2 a3", "a1; a1 a2; a2; a2 a3; a3"));
    all.add(
        new Case(
            "timesOrMore",
            followedBy(begin("a").timesOrMore(2), "b"),
            "a1 a2 a3 b1",
            "a1 a2 a3 b1; a1 a2 b1; a2 a3 b1"));
    all.add(
        new Case(
            "optional in the middle",
            followedBy(followedBy(begin("a"), "b").optional(), "c"),
            "a1 b1 c1 a2 c2",
            "a1 b1 c1; a1 c1; a2 c2"));
    all.add(
        new Case(
            "optional at the beginning",
            next(begin("a").optional(), "b"),
            "a1 b1 x b2",
            "a1 b1; b1; b2"));
    all.add(
        new Case("optional at the end", next(begin("a"), "b").optional(), "a1 b1", "a1; a1 b1"));
    all.add(
        new Case(
            "optional times",
            followedBy(followedBy(begin("a"), "b").times(2).optional(), "c"),
            "a1 b1 b2 c1",
            "a1 b1 b2 c1; a1 c1"));
    // Greedy.
    all.add(
        new Case(
            "oneOrMore greedy",
            followedBy(begin("a").oneOrMore().greedy(), "b"),
            "a1 x a2 b1",
            "a1 a2 b1; a2 b1"));
    all.add(
        new Case(
            "greedy takes what the next stage could take",
            begin("a").oneOrMore().greedy().followedBy("any"),
            "a1 a2 x",
            "a1 a2 x; a2 x"));
    all.add(
        new Case(
            "greedy up to the most",
            followedBy(begin("a").times(1, 2).greedy(), "b"),
            "a1 a2 a3 b1",
            "a1 a2 b1; a2 a3 b1; a3 b1"));
    all.add(
        new Case(
            "optional greedy",
            followedBy(followedBy(begin("a"), "b").optional().greedy(), "c"),
            "a1 b1 c1 a2 c2",
            "a1 b1 c1; a2 c2"));
    // Until.
    all.add(
        new Case(
            "until",
            followedBy(begin("a").oneOrMore().until(word -> word.equals("u")), "c"),
            "a1 a2 u a3 c1",
            "a1 a2 c1; a1 c1; a2 c1; a3 c1"));
    all.add(
        new Case(
            "until is what follows",
            followedBy(begin("a").oneOrMore().until(word -> word.startsWith("c")), "c"),
            "a1 c1 a2 c2",
            "a1 c1; a2 c2"));
    // What must not come.
    all.add(
        new Case(
            "notNext", followedBy(notNext(begin("a"), "n"), "b"), "a1 n b1 a2 x n b2", "a2 b2"));
    all.add(
        new Case(
            "notFollowedBy",
            followedBy(notFollowedBy(begin("a"), "n"), "b"),
            "a1 x b1 a2 x n b2",
            "a1 b1"));
    all.add(
        new Case(
            "what must not come wins",
            followedBy(begin("a").notFollowedBy("n").where(word -> word.endsWith("1")), "b"),
            "a2 b1 b2",
            ""));
    all.add(
        new Case(
            "notFollowedBy at the end",
            notFollowedBy(begin("a"), "n").within(ms(5)),
            "a1@10 n@14 a2@20 n@25 |40",
            "a2"));
    all.add(
        new Case(
            "notFollowedBy at the end, with its own time",
            notFollowedBy(followedBy(begin("a"), "b"), "n").withinPrevious(ms(5)).within(ms(100)),
            "a1@10 b1@30 x@34 a2@40 b2@41 n@42 |90",
            "a1 b1"));
    all.add(
        new Case(
            "notFollowedBy at the end of repeated events",
            notFollowedBy(begin("a").oneOrMore(), "n").within(ms(5)),
            "a1@10 a2@12 |40",
            "a1 a2; a1; a2"));
    // Time.
    all.add(
        new Case(
            "within is shorter than its bound",
            followedBy(begin("a"), "b").within(ms(10)),
            "a1@10 b1@19 a2@20 b2@30 |50",
            "a1 b1; TIMED_OUT {a=[a2]}"));
    all.add(
        new Case(
            "within goes on to the end of the pattern",
            followedBy(followedBy(begin("a"), "b"), "c").within(ms(10)),
            "a1@1 b1@5 c1@11 |50",
            "TIMED_OUT {a=[a1], b=[b1]}"));
    all.add(
        new Case(
            "withinPrevious",
            followedBy(followedBy(begin("a"), "b").withinPrevious(ms(3)), "c"),
            "a1@1 b1@3 c1@50 a2@51 b2@54 c2@55 |60",
            "a1 b1 c1; TIMED_OUT {a=[a2]}"));
    all.add(
        new Case(
            "withinPrevious of each event of a stage",
            begin("a").times(3).withinPrevious(ms(3)),
            "a1@1 a2@3 a3@5 a4@9 |60",
            "a1 a2 a3; TIMED_OUT {a=[a2, a3]}; TIMED_OUT {a=[a3]}; TIMED_OUT {a=[a4]}"));
    all.add(
        new Case(
            "events come in the order of their times",
            next(next(begin("a"), "b"), "c"),
            "c1@3 a1@1 b1@2 | c2@13 b2@12 a2@11",
            "a1 b1 c1; a2 b2 c2"));
    all.add(
        new Case(
            "a match goes on over watermarks",
            followedBy(followedBy(begin("a"), "b"), "c"),
            "a1 | x | b1 | | c1 |",
            "a1 b1 c1"));
    all.add(
        new Case(
            "what is late is not there",
            followedBy(begin("a"), "b"),
            "a1@10 |20 b1@19 b2@20 |30",
            "a1 b2"));
    all.add(
        new Case("nothing is due", followedBy(begin("a"), "b").within(ms(5)), "x@1 b@3 |40", ""));
    // Conditions on the match so far.
    MatchCondition<String> larger =
        (word, match) ->
            word.startsWith("b") && word.compareTo("b" + match.first("a").substring(1)) > 0;
    all.add(
        new Case(
            "a condition on the match",
            begin("a").followedBy("b").where(larger),
            "a5 a2 b3 b6",
            "a2 b3; a5 b6"));
    MatchCondition<String> rising =
        (word, match) -> match.count("a") == 0 || word.compareTo(match.last("a")) > 0;
    all.add(
        new Case(
            "a condition on events of the same stage",
            Pattern.<String>begin("a").where(rising).times(3).consecutive(),
            "1 2 3 2 5 6",
            "1 2 3; 2 5 6"));
    all.add(
        new Case(
            "or",
            begin("a").or(word -> word.startsWith("z")).next("b").where(word -> word.equals("b")),
            "a1 b z1 b x b",
            "a1 b; z1 b"));
    // Groups.
    all.add(
        new Case(
            "a group of times",
            Pattern.begin(followedBy(begin("a"), "b")).times(2),
            "a1 b1 x a2 b2",
            "a1 b1 a2 b2"));
    all.add(
        new Case(
            "a group once or more",
            followedBy(Pattern.begin(next(begin("a"), "b")).oneOrMore(), "c"),
            "a1 b1 a2 b2 c1",
            "a1 b1 a2 b2 c1; a1 b1 c1; a2 b2 c1"));
    all.add(
        new Case(
            "an optional group",
            followedBy(begin("a").followedBy(next(begin("b"), "c")).optional(), "d"),
            "a1 b1 c1 d1 a2 d2",
            "a1 b1 c1 d1; a1 d1; a2 d2"));
    all.add(
        new Case(
            "a group right after",
            begin("a").next(followedBy(begin("b"), "c")),
            "a1 x b1 a2 b2 x c2",
            "a2 b2 c2"));
    all.add(
        new Case(
            "the same events are one match",
            followedBy(Pattern.begin(begin("a").oneOrMore()).oneOrMore(), "b"),
            "a1 a2 b1",
            "a1 a2 b1; a1 b1; a2 b1"));
    // Skip strategies: (a+ b) over a1 a2 a3 b1.
    Pattern<String> loop = followedBy(begin("a").oneOrMore(), "b");
    all.add(
        new Case(
            "noSkip",
            loop.skip(SkipStrategy.noSkip()),
            "a1 a2 a3 b1",
            "a1 a2 a3 b1; a1 a2 b1; a1 b1; a2 a3 b1; a2 b1; a3 b1"));
    all.add(
        new Case(
            "toNext",
            loop.within(ms(50)).skip(SkipStrategy.toNext()),
            "a1 a2 a3 b1 |100",
            "a1 a2 a3 b1; a2 a3 b1; a3 b1"));
    all.add(
        new Case(
            "pastLast",
            loop.within(ms(50)).skip(SkipStrategy.pastLast()),
            "a1 a2 a3 b1 a4 b2 |100",
            "a1 a2 a3 b1; a4 b2"));
    all.add(
        new Case(
            "toFirst",
            followedBy(loop, "c").within(ms(50)).skip(SkipStrategy.toFirst("b")),
            "a1 a2 b1 c1 a3 b2 c2 |100",
            "a1 a2 b1 c1; a3 b2 c2"));
    all.add(
        new Case(
            "toLast",
            loop.within(ms(50)).skip(SkipStrategy.toLast("a")),
            "a1 a2 a3 b1 |100",
            "a1 a2 a3 b1; a3 b1; TIMED_OUT {a=[a3]}"));
    all.add(
        new Case(
            "a match waits for what has started before it",
            followedBy(next(begin("a"), "b").optional(), "c")
                .within(ms(20))
                .skip(SkipStrategy.pastLast()),
            "a1@1 c1@2 |100",
            "a1 c1"));
    all.add(
        new Case(
            "it waits until that has timed out",
            followedBy(begin("a"), "b")
                .where((word, match) -> word.substring(1).equals(match.first("a").substring(1)))
                .within(ms(20))
                .skip(SkipStrategy.pastLast()),
            "a1@1 a2@2 b2@3 |21 a3@22 b3@23 |100",
            "a2 b2; TIMED_OUT {a=[a1]}; a3 b3"));
    all.add(
        new Case(
            "the end of the input ends the waiting",
            followedBy(begin("a"), "b")
                .where((word, match) -> word.substring(1).equals(match.first("a").substring(1)))
                .skip(SkipStrategy.pastLast()),
            "a1 a2 b2 |",
            "a2 b2"));
    return all;
  }

  static Stream<Run> runs() {
    return cases().stream()
        .flatMap(
            each ->
                Stream.of(Mode.values())
                    .flatMap(
                        mode ->
                            mode == Mode.RESTART || mode == Mode.REPLAY
                                ? Stream.of(new Run(each, mode, false), new Run(each, mode, true))
                                : Stream.of(new Run(each, mode, false))));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void findsWhatTheTableSays(Run run) {
    MatchRules rules = MatchRules.DEFAULT.unfinishedTo(Unfinished.tag("unfinished", String.class));
    List<String> found = new ArrayList<>();
    try (PatternHarness harness =
        new PatternHarness(
            run.of().pattern(),
            rules,
            TimeDomain.EVENT,
            ErrorPolicy.fail(),
            run.onDisk() ? directory : null)) {
      Script script = new Script(harness, run.mode(), found);
      for (String step : run.of().events().split(" ")) {
        script.run(step);
      }
      script.run("|" + Long.MAX_VALUE);
      found.addAll(harness.results);
    }
    assertThat(String.join("; ", found.stream().map(PatternCasesTest::shown).toList()))
        .isEqualTo(run.of().expected());
  }

  /** Without stages, times, and the word that is in front of each match. */
  private static String shown(String result) {
    String text = result.substring(0, result.lastIndexOf('@'));
    return text.startsWith("match ") ? text.substring(6).replaceAll("[a-z]+=", "") : text;
  }

  /** The steps of a case. */
  private static final class Script {
    private final PatternHarness harness;
    private final Mode mode;
    private final List<String> found;
    private long timeMs;
    private long latestMs;

    Script(PatternHarness harness, Mode mode, List<String> found) {
      this.harness = harness;
      this.mode = mode;
      this.found = found;
    }

    void run(String step) {
      Runnable action;
      if (step.equals("|")) {
        action = watermark(latestMs + 1);
      } else if (step.startsWith("|")) {
        action = watermark(Long.parseLong(step.substring(1)));
      } else {
        int at = step.indexOf('@');
        timeMs = at < 0 ? timeMs + 1 : Long.parseLong(step.substring(at + 1));
        latestMs = Math.max(latestMs, timeMs);
        String word = at < 0 ? step : step.substring(0, at);
        long wordMs = timeMs;
        action = () -> harness.record("key", wordMs, word);
      }
      if (mode == Mode.REPLAY) {
        action.run();
        harness.results.clear();
        harness.abort();
      }
      action.run();
      if (mode != Mode.ONE_TRANSACTION) {
        commit();
      }
    }

    private Runnable watermark(long toMs) {
      return () -> {
        if (mode != Mode.NO_ROOM) {
          assertThat(harness.watermark(toMs)).isTrue();
          return;
        }
        do {
          commit();
          harness.room.clear();
          harness.room.add(true);
          harness.room.add(true);
          harness.room.add(false);
        } while (!harness.watermark(toMs));
        harness.room.clear();
      };
    }

    private void commit() {
      harness.commit();
      found.addAll(harness.results);
      harness.results.clear();
      if (mode == Mode.RESTART) {
        harness.abort();
      }
    }
  }
}
