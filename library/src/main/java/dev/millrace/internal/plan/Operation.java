package dev.millrace.internal.plan;

import dev.millrace.connector.Sink;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.function.AsyncFunction;
import dev.millrace.function.FilterFunction;
import dev.millrace.function.FlatMapFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.KafkaTableSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.table.TopicRow;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputFilter;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.window.WindowFunction;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The operation of one node of a logical plan. */
public sealed interface Operation {

  /** {@return the verb, as the builder has it; part of derived names} */
  String verb();

  /** {@return the name of one of several inputs, part of the name of its topic} */
  default String inputName(int input) {
    return "input-" + input;
  }

  /**
   * {@return whether the times of one of its inputs are part of its own: its watermark is that of
   * all those inputs}
   */
  default boolean goesByTimeOf(int input) {
    return true;
  }

  /** {@return the side outputs it may write to} */
  default List<OutputTag<?>> sideOutputs() {
    return List.of();
  }

  /**
   * {@return whether steps after it derive their names from its own; otherwise they derive them
   * from what it reads}
   */
  default boolean lendsItsName() {
    return false;
  }

  /** {@return whether its results are the values it gets, or some of them} */
  default boolean keepsValues() {
    return false;
  }

  /**
   * {@return the function that takes from its results the key that another one takes from its
   * values: the results lie where the values did, by that key; empty if there is none}
   */
  default Optional<KeyFunction<?, ?>> keyOfResults(KeyFunction<?, ?> key) {
    return keepsValues() ? Optional.of(key) : Optional.empty();
  }

  /** {@return the windows that it collects records in; empty if it has none} */
  default Optional<WindowSettings> windows() {
    return Optional.empty();
  }

  /**
   * A step without state that looks at one value at a time. The compiler has nothing to add to it,
   * so that it is in the plan of the job as it is in that of a stage.
   */
  sealed interface Stateless extends Operation, StageOperator
      permits Map, Filter, FlatMap, MapAsync, Peek, FilterWithOutputs, TableStep {
    @Override
    boolean takesRetractions();
  }

  /** A step with state by key. Its input is a {@link KeyBy}. */
  sealed interface Keyed extends Operation
      permits Aggregate,
          WindowAggregate,
          KeyedProcess,
          StreamJoin,
          TableJoin,
          TableLookup,
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
  }

  /** A step that reads from outside the job; it has no inputs. */
  sealed interface OfSource extends Operation {

    /** {@return the source's settings} */
    SourceSpec source();

    @Override
    default boolean lendsItsName() {
      return true;
    }
  }

  /** A step that reads a source. */
  record Read(SourceSpec source) implements OfSource {
    @Override
    public String verb() {
      return "source";
    }
  }

  /**
   * A step that reads the topic of a table and keeps the newest value of each key. Its results lie
   * by the partitions of the topic, as the program that writes it has chosen them.
   */
  record ReadTable(KafkaTableSpec table) implements OfSource {

    /** The row that a record of the topic stands for, none if it deletes it. */
    private static final UpsertFunction<TopicRow, Object> ROW = TopicRow::value;

    @Override
    public KafkaSourceSpec source() {
      return table.source();
    }

    /** {@return the type of the keys} */
    public Type keyType() {
      return table.keyType();
    }

    /** {@return the aggregate that keeps the newest row of each key} */
    public Fold newest() {
      Type row = table.source().type();
      return new Fold(
          FoldFunction.upserts(ROW), Types.parameterized(Upserted.class, row), row, false);
    }

    @Override
    public String verb() {
      return "table";
    }
  }

  /** A step that turns each value into another. */
  record Map(MapFunction<?, ?> function) implements Stateless {
    @Override
    public String verb() {
      return "map";
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "map";
    }
  }

  /** A step that keeps some values. */
  record Filter(FilterFunction<?> predicate) implements Stateless {
    @Override
    public String verb() {
      return "filter";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "filter";
    }
  }

  /** A step that turns each value into any number of others. */
  record FlatMap(FlatMapFunction<?, ?> function) implements Stateless {
    @Override
    public String verb() {
      return "flat-map";
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "flatMap";
    }
  }

  /** A step that turns each value into another by a call that takes its time. */
  record MapAsync(AsyncFunction<?, ?> function, Async options) implements Stateless {

    /** {@return the same, with the retries of a policy unless it has its own} */
    public MapAsync retrying(ErrorPolicy errors) {
      return options.retries() > 0
          ? this
          : new MapAsync(function, options.retries(errors.retries(), errors.backoff()));
    }

    @Override
    public String verb() {
      return "map-async";
    }

    @Override
    public boolean takesRetractions() {
      return false;
    }

    @Override
    public String describe() {
      return "mapAsync ("
          + options.maxInFlight()
          + " in flight, "
          + (options.order() == Async.Order.OF_INPUT ? "in order)" : "in any order)");
    }

    @Override
    public Optional<Duration> longestCall() {
      return Optional.of(options.longest());
    }
  }

  /** A step that looks at values. */
  record Peek(PeekFunction<?> action) implements Stateless {
    @Override
    public String verb() {
      return "peek";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }

    @Override
    public boolean takesRetractions() {
      return false;
    }

    @Override
    public String describe() {
      return "peek";
    }
  }

  /** A step that sends each value to the first case whose predicate holds. */
  record Branch(List<FilterFunction<?>> cases) implements Operation {
    @Override
    public String verb() {
      return "branch";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }
  }

  /** One case of the {@link Branch} that is its input. */
  record Case(int index, String name) implements Operation {
    @Override
    public String verb() {
      return name;
    }

    @Override
    public boolean keepsValues() {
      return true;
    }
  }

  /** A step that keeps some values, and emits what else it wants to side outputs. */
  record FilterWithOutputs(SideOutputFilter<?> function, List<OutputTag<?>> sideOutputs)
      implements Stateless {
    @Override
    public String verb() {
      return "filter";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "split(" + sideOutputs.size() + ")";
    }
  }

  /** A side output of the node that is its input. */
  record SideOutput(OutputTag<?> tag) implements Operation {
    @Override
    public String verb() {
      return tag.name();
    }

    @Override
    public boolean lendsItsName() {
      return true;
    }
  }

  /** A step that puts streams of one type together. */
  record Union() implements Operation {
    @Override
    public String verb() {
      return "union";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }
  }

  /** A step that spreads values evenly over the tasks of a new stage. */
  record Rebalance() implements Operation {
    @Override
    public String verb() {
      return "rebalance";
    }
  }

  /** A step that distributes values by key to the tasks of a new stage. */
  record KeyBy(KeyFunction<?, ?> key, Type keyType) implements Operation {
    @Override
    public String verb() {
      return "key-by";
    }
  }

  /** A running aggregate per key: a table. */
  record Aggregate(String verb, Fold fold) implements Keyed {

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
      implements Keyed {

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
      implements Keyed {

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
   * @param function makes a result of two records, one of which may be null as far as the kind says
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
      implements Keyed {

    /** The number of the left input. */
    public static final int LEFT = 0;

    @Override
    public String verb() {
      return "join";
    }

    @Override
    public String inputName(int input) {
      return input == LEFT ? "left" : "right";
    }

    @Override
    public List<OutputTag<?>> sideOutputs() {
      return Stream.concat(lateLeft.stream(), lateRight.stream())
          .<OutputTag<?>>map(tag -> tag)
          .distinct()
          .toList();
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults() {
      return Optional.empty();
    }
  }

  /**
   * A join of tables by their common key, one for each input.
   *
   * @param sides the tables
   * @param function makes the row of the result
   */
  record TableJoin(List<JoinSide> sides, RowsFunction function) implements Keyed {

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

  /** A step that writes to a sink. */
  record Write(Sink<?> sink) implements Operation {
    @Override
    public String verb() {
      return "sink";
    }

    /** {@return the sink's name for itself} */
    public String sinkName() {
      return sink instanceof WriterSink<?> writer
          ? writer.name()
          : Specs.of(sink, KafkaSinkSpec.class).name();
    }
  }
}
