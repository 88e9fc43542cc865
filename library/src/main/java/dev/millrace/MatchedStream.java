package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.plan.PatternMatch;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.FlatSelectFunction;
import dev.millrace.pattern.Overflow;
import dev.millrace.pattern.SelectFunction;
import dev.millrace.pattern.Unfinished;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A keyed stream in which a pattern is looked for.
 *
 * <p><b>Contract.</b> The records of each key are taken in the order of their times; those of equal
 * times in that of their arrival, or as {@link #ordered} has it. Each match is emitted once.
 *
 * <p><b>Time.</b> Event time if every source that feeds it has watermarks, else processing time. In
 * event time a record waits until the watermark has passed its time; a result has the time of the
 * record that has completed the match, or the time at which it was certain that nothing else would
 * come. A record that comes when the watermark has passed its time is late: it is counted, and
 * written to the {@linkplain #lateTo late output} if there is one.
 *
 * <p><b>State.</b> Records that wait for the watermark; per key its partial matches and the records
 * in them, in one row while they are few, until the time of the pattern is over.
 *
 * <p><b>Errors.</b> If a condition fails, the error policy of the step decides about the record, as
 * if it had not come; if the function that makes results fails, it decides about that match.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys
 * @param <T> the records
 */
@SuppressWarnings("UnusedTypeParameter") // shows what matches are looked for by
public final class MatchedStream<K, T> {

  private final PlanBuilder plan;
  private final int id;
  private final PatternSpec pattern;
  private final MatchRules rules;

  MatchedStream(PlanBuilder plan, int id, PatternSpec pattern, MatchRules rules) {
    this.plan = plan;
    this.id = id;
    this.pattern = pattern;
    this.rules = rules;
  }

  private MatchedStream<K, T> with(MatchRules other) {
    return new MatchedStream<>(plan, id, pattern, other);
  }

  /**
   * {@return the same, with late records written to a side output of the results}
   *
   * @param tag made by {@link Late#tag}
   */
  public MatchedStream<K, T> lateTo(OutputTag<Late<T>> tag) {
    return with(rules.lateTo(Arguments.given("Cannot emit late records", "tag", tag)));
  }

  /**
   * {@return the same, with partial matches whose time is over, or that were dropped, written to a
   * side output of the results}
   *
   * @param tag made by {@link Unfinished#tag}
   */
  public MatchedStream<K, T> unfinishedTo(OutputTag<Unfinished<T>> tag) {
    return with(rules.unfinishedTo(Arguments.given("Cannot emit unfinished matches", "tag", tag)));
  }

  /**
   * {@return the same, with records of a key that have equal times in this order}
   *
   * <p>Only in event time, where records are sorted.
   */
  public MatchedStream<K, T> ordered(Comparator<? super T> order) {
    return with(rules.ordered(Arguments.given("Cannot order records", "comparator", order)));
  }

  /** {@return the same by processing time, although the stream has watermarks} */
  public MatchedStream<K, T> inProcessingTime() {
    return with(rules.inProcessingTime());
  }

  /**
   * {@return the same, with another limit to how many partial matches a key may have}
   *
   * <p>By default there may be 100,000, and the record that is one too many fails.
   *
   * @param most at least one
   */
  public MatchedStream<K, T> maxRuns(int most, Overflow overflow) {
    return with(rules.limited(limit("Cannot limit partial matches", most, overflow)));
  }

  /**
   * {@return the same, with a limit to how many records a key may hold: those that wait for the
   * watermark, and those that are in partial matches}
   *
   * <p>By default there is no limit but that of {@link #maxRuns}. With a limit there is a row for
   * each key that has waiting records; records that came before the limit was set are not counted.
   *
   * @param most at least one
   */
  public MatchedStream<K, T> maxBuffered(int most, Overflow overflow) {
    return with(rules.buffering(limit("Cannot limit the records of a key", most, overflow)));
  }

  private static KeyLimit limit(String cannot, int most, Overflow overflow) {
    int checked = (int) Arguments.atLeast(1, cannot, "number", most);
    return new KeyLimit(
        checked,
        Arguments.given(cannot, "overflow", overflow) == Overflow.FAIL
            ? KeyLimit.Overflow.FAIL
            : KeyLimit.Overflow.DROP_OLDEST);
  }

  /** {@return what a function makes of each match} */
  public <R> DataStream<R> select(SelectFunction<T, R> function) {
    Arguments.given("Cannot select from matches", "function", function);
    Optional<Type> type =
        FunctionTypes.resultOf(function, SelectFunction.class, Optional.of(NodeTypes.of(plan, id)));
    return selected(type, single(function));
  }

  /**
   * {@return what a function makes of each match, of a type stated as the lambda does not show it}
   */
  public <R> DataStream<R> select(Class<R> type, SelectFunction<T, R> function) {
    Arguments.given("Cannot select from matches", "type", type);
    Arguments.given("Cannot select from matches", "function", function);
    return selected(Optional.of(type), single(function));
  }

  private static <T, R> FlatSelectFunction<T, R> single(SelectFunction<T, R> function) {
    return (match, results) -> results.emit(function.select(match));
  }

  /** {@return all that a function makes of each match, of a type stated} */
  public <R> DataStream<R> flatSelect(Class<R> type, FlatSelectFunction<T, R> function) {
    Arguments.given("Cannot select from matches", "type", type);
    Arguments.given("Cannot select from matches", "function", function);
    return selected(Optional.of(type), function);
  }

  private <R> DataStream<R> selected(Optional<Type> type, FlatSelectFunction<T, R> function) {
    if (rules.order().isPresent() && rules.processingTime()) {
      throw new ConfigurationException(
          "Cannot match the stream: in processing time records are taken as they come, so that"
              + " ordered(...) has nothing to order. Leave one of them out");
    }
    SideOutputsOf.distinct(rules.sideOutputs().toArray(new OutputTag<?>[0]));
    PatternMatch match = new PatternMatch(pattern, rules, function, NodeTypes.of(plan, id));
    return new DataStream<>(plan, plan.add(match, List.of(id), type));
  }
}
