package dev.millrace;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.error.ConfigurationException;
import dev.millrace.function.ReduceFunction;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.output.OutputTag;
import dev.millrace.table.Change;
import dev.millrace.window.Emission;
import dev.millrace.window.Late;
import dev.millrace.window.Windowed;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A keyed stream cut into windows whose results can be revised: they are tables, so that no later
 * step counts a correction twice.
 *
 * <p><b>Contract.</b> A row per key and window. It is inserted when the window closes, or earlier
 * if {@link #emit} asks for it; each later revision is an update with the row before it. When
 * sessions merge whose results were emitted, their rows are deleted and that of the merged session
 * is inserted. A row that cannot change any more stays in the table.
 *
 * <p><b>Time.</b> A record is late for a window from the watermark {@code end + lateness} on. Later
 * steps see event time delayed by the lateness.
 *
 * <p><b>State.</b> As {@link WindowedStream}, for the lateness longer, and the last result of each
 * window.
 *
 * <pre>{@code
 * Table<Windowed<String>, Long> counts =
 *     readings.keyBy(Reading::sensor)
 *         .window(Windows.tumbling(Duration.ofMinutes(5)))
 *         .allowedLateness(Duration.ofHours(1))
 *         .count();
 * counts.to(KafkaSink.upsert("counts"));
 * }</pre>
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys
 * @param <T> the values
 */
public final class RevisedWindowedStream<K, T> {

  private final PlanBuilder plan;
  private final int id;
  private final WindowSettings window;
  private final WindowRules rules;

  RevisedWindowedStream(PlanBuilder plan, int id, WindowSettings window, WindowRules rules) {
    this.plan = plan;
    this.id = id;
    this.window = window;
    this.rules = rules;
    if (window.kind() instanceof WindowKind.Global) {
      throw new ConfigurationException(
          "Cannot revise results of "
              + window.kind().describe()
              + ": a pane is final when it fires. Leave out allowedLateness and emit");
    }
  }

  /** {@return the same windows, with late records written to a side output of the results} */
  public RevisedWindowedStream<K, T> lateTo(OutputTag<Late<T>> tag) {
    return with(rules.lateTo(Arguments.given("Cannot emit late records", "tag", tag)));
  }

  /** {@return the same windows, kept for this long in event time after they have closed} */
  public RevisedWindowedStream<K, T> allowedLateness(Duration lateness) {
    return with(
        rules.lateness(
            Arguments.notNegativeMs("Cannot correct windows", "allowed lateness", lateness)));
  }

  /** {@return the same windows, with results emitted at other times} */
  public RevisedWindowedStream<K, T> emit(Emission emission) {
    return with(
        rules.emission(
            WindowAccess.emission(Arguments.given("Cannot emit results", "emission", emission))));
  }

  private RevisedWindowedStream<K, T> with(WindowRules newRules) {
    return new RevisedWindowedStream<>(plan, id, window, newRules);
  }

  /**
   * {@return the values of each key and window combined into one; the function must be associative}
   */
  public Table<Windowed<K>, T> reduce(ReduceFunction<T> function) {
    Arguments.given("Cannot reduce", "function", function);
    Type type = NodeTypes.of(plan, id);
    return table("reduce", Fold.of(function, type));
  }

  /** {@return the aggregate of each key and window} */
  public <A, R> Table<Windowed<K>, R> aggregate(Aggregation<? super T, A, R> aggregation) {
    return table(
        "aggregate", Fold.of(Arguments.given("Cannot aggregate", "aggregation", aggregation)));
  }

  /** {@return the number of values per key and window} */
  public Table<Windowed<K>, Long> count() {
    return table("count", Fold.of(Aggregates.count()));
  }

  /** {@return the sum of a number per key and window} */
  public Table<Windowed<K>, Long> sum(ToLongFunction<T> number) {
    return table("sum", Fold.of(Aggregates.sum(number)));
  }

  private <R> Table<Windowed<K>, R> table(String verb, Fold fold) {
    Type row = Types.parameterized(Windowed.class, NodeTypes.keyOf(plan, id));
    Type change = Types.parameterized(Change.class, row, fold.resultType());
    int node =
        plan.add(
            new KeyedOperation.WindowAggregate(verb, fold, window, rules, Optional.empty()),
            List.of(id),
            Optional.of(change));
    return new Table<>(plan, node);
  }
}
