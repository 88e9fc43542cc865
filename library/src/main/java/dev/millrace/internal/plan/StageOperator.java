package dev.millrace.internal.plan;

import dev.millrace.connector.WriterSink;
import dev.millrace.function.Async;
import dev.millrace.function.AsyncFunction;
import dev.millrace.function.FilterFunction;
import dev.millrace.function.FlatMapFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputFilter;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowFunction;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The operator of one step of a stage, with all it needs to be instantiated. */
public sealed interface StageOperator {

  /** {@return the rows it keeps in the task's state} */
  default List<StoreSpec> stores() {
    return List.of();
  }

  /** {@return whether it has rows in the task's state} */
  default boolean keepsState() {
    return !stores().isEmpty();
  }

  /**
   * {@return whether the retraction of a record means something to it: steps that only transform
   * values retract what they had made of it; a step that does anything else with a record, such as
   * writing it or calling another system, cannot undo that}
   */
  default boolean takesRetractions() {
    return false;
  }

  /** {@return a short description for plans} */
  String describe();

  /** A step that turns each value into another. */
  record Map(MapFunction<?, ?> function) implements StageOperator {
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
  record Filter(FilterFunction<?> predicate) implements StageOperator {
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
  record FlatMap(FlatMapFunction<?, ?> function) implements StageOperator {
    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "flatMap";
    }
  }

  /**
   * A step that turns each value into another by a call that takes its time.
   *
   * @param options with the retries that hold
   */
  record MapAsync(AsyncFunction<?, ?> function, Async options) implements StageOperator {
    @Override
    public String describe() {
      return "mapAsync ("
          + options.maxInFlight()
          + " in flight, "
          + (options.order() == Async.Order.OF_INPUT ? "in order)" : "in any order)");
    }
  }

  /** A step that looks at values. */
  record Peek(PeekFunction<?> action) implements StageOperator {
    @Override
    public String describe() {
      return "peek";
    }
  }

  /** A step that sends each value to the targets of the first case that holds. */
  record Branch(List<FilterFunction<?>> cases, List<List<Target>> targetsPerCase)
      implements StageOperator {
    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "branch(" + cases.size() + ")";
    }
  }

  /** A step that writes values to side outputs and keeps some of them. */
  record FilterWithOutputs(SideOutputFilter<?> function, List<OutputTag<?>> tags)
      implements StageOperator {
    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "split(" + tags.size() + ")";
    }
  }

  /** An operator at the head of a stage after a keyed shuffle. */
  sealed interface Keyed extends StageOperator {

    /** {@return the type of the keys} */
    Type keyType();

    /** {@return how many inputs it has} */
    default int inputs() {
      return 1;
    }
  }

  /**
   * A running aggregate per key; emits changes.
   *
   * @param needsBefore whether the old row of an update is emitted
   * @param times whether rows keep the times of their records; not worth it where these mean
   *     nothing
   */
  record Aggregate(Fold fold, Type keyType, boolean needsBefore, RowTimes times) implements Keyed {
    @Override
    public List<StoreSpec> stores() {
      return List.of(new StoreSpec("", fold.rowType(), times));
    }

    @Override
    public boolean takesRetractions() {
      return fold.takesRetractions();
    }

    @Override
    public String describe() {
      return "aggregate";
    }
  }

  /** An aggregate per key and window; emits one final result each, or changes. */
  record WindowAggregate(
      Fold fold,
      Type keyType,
      WindowKind window,
      TimeDomain domain,
      WindowRules rules,
      Optional<WindowFunction<?, ?, ?>> function)
      implements Keyed {
    @Override
    public List<StoreSpec> stores() {
      return WindowStores.of(this);
    }

    /** {@return which slices share a row; empty if rows are no rows of slices} */
    public Optional<SliceRows> sliceRows() {
      return WindowStores.sliceRows(this);
    }

    /**
     * {@return what the form of its rows depends on: if any of that changed, they could not be
     * read}
     */
    public String describeState() {
      return window.describe()
          + " by "
          + keyType.getTypeName()
          + sliceRows().map(rows -> ", rows of " + rows.rowMs() + " ms").orElse("");
    }

    @Override
    public String describe() {
      return "window "
          + window.describe()
          + " in "
          + (domain == TimeDomain.EVENT ? "event time" : "processing time")
          + rules.describe();
    }
  }

  /**
   * A function with state and timers per key.
   *
   * @param state what it declares, with the time that each state lives by
   * @param inputs how many it has; if several, the function gets each record as a {@link FromInput}
   * @param hasWatermarks whether event time moves on
   * @param sorted how its input is sorted by event time; empty if it comes as it arrives
   */
  record KeyedProcess(
      Supplier<? extends KeyedProcessFunction<?, ?, ?>> functions,
      Type keyType,
      List<HandleSpec> state,
      List<OutputTag<?>> tags,
      int inputs,
      boolean hasWatermarks,
      Optional<SortedInput> sorted)
      implements Keyed {

    /** The suffix of the store with the timers; no state has a name like it. */
    public static final String TIMERS = "@timers";

    /** The suffix of the store with the times at which state expires. */
    public static final String EXPIRIES = "@expiries";

    /** The suffix of the store with records that wait for the watermark. */
    public static final String INPUT = "@input";

    /** The suffix of the store with the number of the next record that will wait. */
    public static final String ARRIVALS = "@arrivals";

    /** Copies the lists. */
    public KeyedProcess {
      state = List.copyOf(state);
      tags = List.copyOf(tags);
    }

    @Override
    public List<StoreSpec> stores() {
      List<StoreSpec> stores = new ArrayList<>();
      stores.add(new StoreSpec(TIMERS, Boolean.class));
      stores.add(new StoreSpec(EXPIRIES, Boolean.class));
      sorted.ifPresent(
          input -> {
            stores.add(new StoreSpec(INPUT, input.valueType()));
            stores.add(new StoreSpec(ARRIVALS, Long.class));
          });
      for (HandleSpec handle : state) {
        handle.rowTypes().forEach((suffix, type) -> stores.add(new StoreSpec(suffix, type)));
      }
      return List.copyOf(stores);
    }

    /** {@return the types of the keys of its maps, by the names of the maps} */
    public java.util.Map<String, Type> mapKeys() {
      java.util.Map<String, Type> keys = new TreeMap<>();
      state.forEach(map -> map.mapKeyType().ifPresent(type -> keys.put(map.name(), type)));
      return keys;
    }

    @Override
    public String describe() {
      return "process"
          + (inputs > 1 ? " " + inputs + " inputs" : "")
          + (sorted.isPresent() ? " sorted by event time" : "")
          + (state.isEmpty() ? "" : " with " + names());
    }

    private String names() {
      return state.stream().map(HandleSpec::describe).collect(Collectors.joining(", "));
    }
  }

  /** A step that writes to a Kafka topic in the stage's transaction. */
  record WriteKafka(KafkaSinkSpec sink) implements StageOperator {
    @Override
    public String describe() {
      return "topic " + sink.topic();
    }
  }

  /** A step that writes with a writer of the sink's own. */
  record WriteOut(WriterSink<?> sink) implements StageOperator {
    @Override
    public String describe() {
      return "sink " + sink.name();
    }
  }
}
