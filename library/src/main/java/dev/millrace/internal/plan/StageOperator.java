package dev.millrace.internal.plan;

import dev.millrace.connector.WriterSink;
import dev.millrace.function.FilterFunction;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowFunction;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The operator of one step of a stage, with all it needs to be instantiated. */
public sealed interface StageOperator
    permits Operation.Stateless,
        StageOperator.Branch,
        StageOperator.Keyed,
        StageOperator.WriteKafka,
        StageOperator.WriteOut {

  /** {@return the rows it keeps in the task's state} */
  default List<StoreSpec> stores() {
    return List.of();
  }

  /** {@return whether it has rows in the task's state} */
  default boolean keepsState() {
    return !stores().isEmpty();
  }

  /** {@return a short description for plans} */
  String describe();

  /** A step that sends each value to the targets of the first case that holds. */
  record Branch(List<FilterFunction<?>> cases, List<List<Target>> targetsPerCase)
      implements StageOperator {
    @Override
    public String describe() {
      return "branch(" + cases.size() + ")";
    }
  }

  /** An operator at the head of a stage after a keyed shuffle. */
  sealed interface Keyed extends StageOperator {

    /** {@return the type of the keys} */
    Type keyType();
  }

  /** A running aggregate per key; emits changes. */
  record Aggregate(Fold fold, Type keyType, boolean needsBefore) implements Keyed {
    @Override
    public List<StoreSpec> stores() {
      return List.of(new StoreSpec("", fold.accumulatorType()));
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
   * @param hasWatermarks whether event time moves on
   * @param sorted how its input is sorted by event time; empty if it comes as it arrives
   */
  record KeyedProcess(
      Supplier<? extends KeyedProcessFunction<?, ?, ?>> functions,
      Type keyType,
      List<HandleSpec> state,
      List<OutputTag<?>> tags,
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
    public Map<String, Type> mapKeys() {
      Map<String, Type> keys = new TreeMap<>();
      state.forEach(map -> map.mapKeyType().ifPresent(type -> keys.put(map.name(), type)));
      return keys;
    }

    @Override
    public String describe() {
      return "process"
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
