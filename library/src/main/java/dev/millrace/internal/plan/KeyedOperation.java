package dev.millrace.internal.plan;

import dev.millrace.function.JoinFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.window.WindowFunction;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A step with state by key. Its input is a {@link KeyBy}. */
public sealed interface KeyedOperation extends Operation
    permits KeyedOperation.Aggregate,
        KeyedOperation.WindowAggregate,
        KeyedOperation.KeyedProcess,
        TwoStreams,
        KeyedOperation.TableJoin,
        TableLookup,
        PatternMatch,
        ForeignKeyJoin {
  @Override
  default boolean lendsItsName() {
    return true;
  }

  /**
   * {@return the function that takes the key from its results, which lie where their keys are;
   * empty if it cannot be taken from them}
   */
  Optional<KeyFunction<?, ?>> keyOfResults();

  /** A running aggregate per key: a table. */
  record Aggregate(String verb, Fold fold) implements KeyedOperation {

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults() {
      return Optional.of(KeptKey.OF_REVISION);
    }

    /** {@return the same, record by record} */
    public Aggregate sequential() {
      return new Aggregate(verb, fold.sequential());
    }
  }

  /** An aggregate per key and window. */
  record WindowAggregate(
      String verb,
      Fold fold,
      WindowSettings window,
      WindowRules rules,
      Optional<WindowFunction<?, ?, ?>> function)
      implements KeyedOperation {

    /** {@return the same, record by record} */
    public WindowAggregate sequential() {
      return new WindowAggregate(verb, fold.sequential(), window, rules, function);
    }

    @Override
    public List<OutputTag<?>> sideOutputs() {
      return rules.late().<List<OutputTag<?>>>map(List::of).orElse(List.of());
    }

    @Override
    public Optional<WindowSettings> windows() {
      return Optional.of(window);
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults() {
      return function.isEmpty() && !rules.changes()
          ? Optional.of(KeptKey.OF_WINDOW_RESULT)
          : Optional.empty();
    }
  }

  /**
   * A function with state and timers per key.
   *
   * @param functions makes one for each task
   * @param state what each of them declares
   * @param tags the side outputs that they write to
   * @param sorted how its input is sorted by event time; empty if it comes as it arrives
   */
  record KeyedProcess(
      Supplier<? extends KeyedProcessFunction<?, ?, ?>> functions,
      List<HandleSpec> state,
      List<OutputTag<?>> tags,
      Optional<SortedInput> sorted)
      implements KeyedOperation {

    /** Copies the lists. */
    public KeyedProcess {
      state = List.copyOf(state);
      tags = List.copyOf(tags);
    }

    @Override
    public List<OutputTag<?>> sideOutputs() {
      List<OutputTag<?>> all = new ArrayList<>(tags);
      sorted.flatMap(SortedInput::late).ifPresent(all::add);
      return List.copyOf(all);
    }

    @Override
    public String verb() {
      return "process";
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults() {
      return Optional.empty();
    }
  }

  /**
   * A join of two streams by key within bounds of time; its inputs are the left and the right one.
   *
   * @param function makes a result of two records, one of which may be null as far as the kind
   *     permits
   * @param leftType the type of the left records, which are kept for a while
   * @param rightType the type of the right ones
   * @param lateLeft where late records of the left go, besides being counted
   * @param lateRight where those of the right go
   */
  record StreamJoin(
      JoinKind kind,
      JoinBounds bounds,
      JoinFunction<?, ?, ?> function,
      Type leftType,
      Type rightType,
      Optional<OutputTag<?>> lateLeft,
      Optional<OutputTag<?>> lateRight)
      implements TwoStreams {

    @Override
    public String verb() {
      return "join";
    }
  }

  /**
   * A join of tables by their common key, one for each input.
   *
   * @param sides the tables
   * @param function makes the row of the result
   */
  record TableJoin(List<JoinSide> sides, RowsFunction function) implements KeyedOperation {

    /** Copies the list. */
    public TableJoin {
      sides = List.copyOf(sides);
    }

    @Override
    public String verb() {
      return "join";
    }

    @Override
    public String inputName(int input) {
      return "table-" + (input + 1);
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults() {
      return Optional.of(KeptKey.OF_REVISION);
    }
  }
}
