package dev.millrace.internal.operator.pattern;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.MatchCounts;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.TaskHarness;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.plan.PatternMatch;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.spec.Specs;
import dev.millrace.pattern.Match;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.Unfinished;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a pattern as a task does, and fails if a result would be late for the next operator.
 */
final class PatternHarness extends TaskHarness {

  /** Rules with a place for what is unfinished and for what is late. */
  static final MatchRules RULES =
      MatchRules.DEFAULT
          .unfinishedTo(Unfinished.tag("unfinished", String.class))
          .lateTo(Late.tag("late", String.class));

  private StagePatternMatch plan;

  /** What the operator has that is made anew next. */
  KeyRows.Bounds bounds = KeyRows.Bounds.DEFAULT;

  /** The result at which the program's function fails. */
  private final Failing failing;

  /** {@return a harness in memory, which goes by event time} */
  static PatternHarness byEventTime(Pattern<String> pattern, MatchRules rules, ErrorPolicy policy) {
    return new PatternHarness(pattern, rules, TimeDomain.EVENT, policy, null);
  }

  /** {@return a harness in memory, which goes by the clock} */
  static PatternHarness byClock(Pattern<String> pattern, MatchRules rules, ErrorPolicy policy) {
    return new PatternHarness(pattern, rules, TimeDomain.PROCESSING, policy, null);
  }

  /** Creates a harness; in memory if there is no directory, which the task outlives. */
  PatternHarness(
      Pattern<String> pattern,
      MatchRules rules,
      TimeDomain domain,
      ErrorPolicy policy,
      @Nullable Path directory) {
    this(Specs.of(pattern, PatternSpec.class), String.class, rules, domain, policy, directory);
  }

  /** Creates a harness for values of any type. */
  PatternHarness(
      PatternSpec pattern,
      Type valueType,
      MatchRules rules,
      TimeDomain domain,
      ErrorPolicy policy,
      @Nullable Path directory) {
    this(plan(pattern, valueType, rules, domain, new Failing()), policy, directory);
  }

  private PatternHarness(Planned planned, ErrorPolicy policy, @Nullable Path directory) {
    super(planned.plan(), policy, directory);
    this.plan = planned.plan();
    this.failing = planned.failing();
    clockMs = 1_000_000;
    begin();
  }

  /** The result at which the program's function fails, if there is one. */
  private static final class Failing {
    @Nullable String at;
  }

  private record Planned(StagePatternMatch plan, Failing failing) {}

  private static Planned plan(
      PatternSpec pattern, Type valueType, MatchRules rules, TimeDomain domain, Failing failing) {
    PatternMatch match =
        new PatternMatch(
            pattern,
            rules,
            (found, out) -> {
              String text = text(found);
              if (text.equals(failing.at)) {
                throw new IllegalStateException("told to fail");
              }
              out.emit(text);
            },
            valueType);
    return new Planned(new StagePatternMatch(match, String.class, domain), failing);
  }

  /** How tests see what is unfinished. */
  Function<Unfinished<?>, String> unfinished = partial -> partial.events().toString();

  /** Lets the program's function fail at a result, or at none if it is null. */
  void failAt(@Nullable String result) {
    failing.at = result;
  }

  /** {@return a match as text: its events in their order, each with its stage} */
  static String text(Match<?> match) {
    return match.events().stream()
        .map(event -> stage(match.byStage(), event) + "=" + event)
        .collect(Collectors.joining(" "));
  }

  private static String stage(Map<String, ? extends List<?>> byStage, Object event) {
    return byStage.entrySet().stream()
        .filter(entry -> entry.getValue().contains(event))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** Commits, and goes on with another pattern of the same shape. */
  void goOnWith(Pattern<String> pattern) {
    commit();
    PatternMatch match = plan.match();
    plan =
        plan(
                Specs.of(pattern, PatternSpec.class),
                match.valueType(),
                match.rules(),
                plan.domain(),
                failing)
            .plan();
    abort();
  }

  @Override
  protected KeyedOperator open() {
    return PatternOperator.of(plan, new PatternContext(), bounds);
  }

  /** {@return how many rows there are in all stores, but for the number of the next record} */
  int rows() {
    return suffixes().stream()
        .filter(suffix -> !suffix.equals(StagePatternMatch.ARRIVALS))
        .mapToInt(this::rows)
        .sum();
  }

  /** {@return how many rows of partial matches the open transaction has changed} */
  int changedRuns() {
    return changed(plan.heads()) + changed(plan.runs()) + changed(plan.events());
  }

  /** How often each counter was counted up, by its name. */
  final Map<String, Integer> counted = new TreeMap<>();

  private final class Counts implements MatchCounts {
    @Override
    public void countMatches(int matches) {
      counted.merge("matches", matches, Integer::sum);
    }

    @Override
    public void countTimedOut() {
      counted.merge("timed out", 1, Integer::sum);
    }

    @Override
    public void countDropped() {
      counted.merge("dropped", 1, Integer::sum);
    }

    @Override
    public void countDroppedForRecords() {
      counted.merge("dropped for records", 1, Integer::sum);
    }

    @Override
    public void countDroppedRecord() {
      counted.merge("dropped records", 1, Integer::sum);
    }
  }

  private final class PatternContext extends Context {

    @Override
    public MatchCounts matches() {
      return new Counts();
    }

    @Override
    public Output next() {
      return (value, timeMs, kind) -> add("match " + value, timeMs, kind);
    }

    @Override
    public Output side(String tag) {
      return (value, timeMs, kind) -> {
        if (value instanceof Late<?> record) {
          late.add(record.value() + "@" + timeMs + " " + record.reason());
          return;
        }
        Unfinished<?> partial = (Unfinished<?>) value;
        add(partial.reason() + " " + unfinished.apply(partial), timeMs, kind);
      };
    }

    private void add(String text, long timeMs, int kind) {
      if (kind != FrameFormat.RECORD) {
        throw new AssertionError("kind " + kind);
      }
      if (firedTo() != Long.MIN_VALUE && firedTo() != Long.MAX_VALUE && timeMs < firedTo()) {
        throw new AssertionError(text + "@" + timeMs + " is late: " + firedTo());
      }
      results.add(text + "@" + timeMs);
    }
  }
}
