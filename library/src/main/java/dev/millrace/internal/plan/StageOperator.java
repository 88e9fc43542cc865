package dev.millrace.internal.plan;

import dev.millrace.connector.WriterSink;
import dev.millrace.function.FilterFunction;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowFunction;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The operator of one step of a stage, with all it needs to be instantiated.
 *
 * <p>It answers for itself: what the compiler, the start of a job and the runtime have to know of
 * an operator is asked here, so that its kind matters only where it is chosen and instantiated.
 */
public sealed interface StageOperator
    permits Operation.Stateless,
        StageOperator.Branch,
        StageOperator.Keyed,
        StageOperator.WriteKafka,
        StageOperator.WriteOut {

  /** {@return a short description for plans} */
  String describe();

  /** {@return how many inputs it has} */
  default int inputs() {
    return 1;
  }

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

  /**
   * {@return what the form of its rows depends on: if any of that changed, they could not be read;
   * empty if it has none}
   */
  default String describeState() {
    return "";
  }

  /** {@return the same for the rows of one of its stores} */
  default String describeState(StoreSpec store) {
    return describeState();
  }

  /**
   * {@return the types of the keys inside its rows, besides the key they are kept by, each with
   * what messages call it}
   */
  default Map<String, Type> innerKeys() {
    return Map.of();
  }

  /** {@return whether commit frames have something to keep for it} */
  default boolean needsChangelog() {
    return keepsState();
  }

  /** {@return the multiples of event time and processing time at which something is due} */
  default Granularity granularity() {
    return Granularity.NONE;
  }

  /**
   * {@return by how much its results can be older than the event-time watermark of its input, in
   * milliseconds}
   */
  default long holdsBackMs() {
    return 0;
  }

  /**
   * {@return why it cannot take new records after the end of its input, as what is said of the
   * step; empty if it can}
   */
  default Optional<String> boundToEnd() {
    return Optional.empty();
  }

  /** {@return whether it reads from a change what its row was before} */
  default boolean readsBefore() {
    return true;
  }

  /**
   * {@return how long one of its calls to other systems may take, with all retries; empty if it
   * makes none}
   */
  default Optional<Duration> longestCall() {
    return Optional.empty();
  }

  /** {@return the sink in Kafka that it writes to in the stage's transaction} */
  default Optional<KafkaSinkSpec> kafkaSink() {
    return Optional.empty();
  }

  /** {@return the shortest time between two commits that what it writes to asks for} */
  default Duration minCommitInterval() {
    return Duration.ZERO;
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

  /**
   * An operator at the head of a stage after a keyed shuffle. It has rows, and time may move on in
   * it: there is no answer that holds for most of them.
   */
  sealed interface Keyed extends StageOperator
      permits Aggregate,
          WindowAggregate,
          KeyedProcess,
          StreamJoin,
          TableJoin,
          LookupOperator,
          ForeignKeyJoin {

    /** {@return the type of the keys} */
    Type keyType();

    /**
     * {@return whether the watermark of one of its inputs is part of its own; records of one that
     * is not may be of any time}
     */
    default boolean goesByTimeOf(int input) {
      return true;
    }

    @Override
    List<StoreSpec> stores();

    @Override
    String describeState();

    @Override
    Granularity granularity();

    @Override
    long holdsBackMs();

    @Override
    Optional<String> boundToEnd();
  }

  /**
   * A running aggregate per key; emits changes.
   *
   * @param needsBefore whether the old row of an update is emitted
   * @param times whether rows keep the times of their records; not worth it where these mean
   *     nothing
   */
  record Aggregate(Fold fold, Type keyType, boolean needsBefore, RowTimes times) implements Keyed {

    /** The suffix of the store with the values of large groups. */
    public static final String VALUES = "values";

    @Override
    public List<StoreSpec> stores() {
      StoreSpec main = new StoreSpec("", fold.rowType(), times);
      Spreading<Object, Object> spreading = fold.function().spreading();
      if (spreading == null) {
        return List.of(main);
      }
      // Values of one rank share a row.
      boolean ranked = spreading.result() == Spreading.Result.HIGHEST;
      Type values = ranked ? fold.accumulatorType() : Long.class;
      return List.of(main, new StoreSpec(VALUES, values));
    }

    @Override
    public boolean takesRetractions() {
      return fold.takesRetractions();
    }

    @Override
    public String describeState() {
      return "aggregate by "
          + keyType.getTypeName()
          + (fold.takesRetractions() ? ", counting records" : "");
    }

    @Override
    public String describeState(StoreSpec store) {
      Spreading<Object, Object> spreading = fold.function().spreading();
      return store.suffix().equals(VALUES) && spreading != null
          ? "values of "
              + spreading.orderClass().getTypeName()
              + " for "
              + spreading.result().description()
              + " by "
              + keyType.getTypeName()
          : describeState();
    }

    @Override
    public Granularity granularity() {
      return Granularity.NONE;
    }

    @Override
    public long holdsBackMs() {
      return 0;
    }

    @Override
    public Optional<String> boundToEnd() {
      return Optional.empty();
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

    @Override
    public String describeState() {
      return window.describe()
          + " by "
          + keyType.getTypeName()
          + sliceRows().map(rows -> ", rows of " + rows.rowMs() + " ms").orElse("");
    }

    /** The common divisor of its bounds, in the time that it goes by. */
    @Override
    public Granularity granularity() {
      long bounds = Slicing.of(window).map(Slicing::granularityMs).orElse(1L);
      return domain == TimeDomain.EVENT
          ? Granularity.ofEvents(bounds)
          : Granularity.ofClock(bounds);
    }

    /**
     * The lateness it allows, and one more for sessions, which close when time is past their end.
     */
    @Override
    public long holdsBackMs() {
      if (domain != TimeDomain.EVENT) {
        return 0;
      }
      return rules.latenessMs() + (window instanceof WindowKind.Session ? 1 : 0);
    }

    @Override
    public Optional<String> boundToEnd() {
      return Optional.of(
          "has emitted its windows at the end of the input, so that new records could not be added"
              + " to them");
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

    /** What the descriptions of declared states begin with, and no others. */
    public static final String STATE = "state ";

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

    @Override
    public String describeState() {
      return describe() + " by " + keyType.getTypeName();
    }

    /** States may come and go, so that each of them is described by itself. */
    @Override
    public String describeState(StoreSpec store) {
      String own = sorted.isPresent() ? "sorted by event time" : "as it arrives";
      return state.stream()
              .filter(handle -> handle.rowTypes().containsKey(store.suffix()))
              .map(handle -> STATE + handle.describe())
              .findFirst()
              .orElse(own)
          + " by "
          + keyType.getTypeName();
    }

    /** Those of its maps. */
    @Override
    public Map<String, Type> innerKeys() {
      Map<String, Type> keys = new TreeMap<>();
      for (HandleSpec handle : state) {
        handle.mapKeyType().ifPresent(type -> keys.put("map '" + handle.name() + "'", type));
      }
      return keys;
    }

    /** A timer may be set for any millisecond. */
    @Override
    public Granularity granularity() {
      return Granularity.ofEvents(1);
    }

    @Override
    public long holdsBackMs() {
      return 0;
    }

    @Override
    public Optional<String> boundToEnd() {
      return sorted.map(
          input ->
              "has processed its sorted input up to the end, so that new records would not be in"
                  + " order with it");
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

  /** A join of two streams by key within bounds of time. */
  record StreamJoin(Operation.StreamJoin join, Type keyType) implements Keyed {

    /** The suffix of the store with a row for each key that records wait for. */
    public static final String HEADS = "keys";

    /** The suffix of the store with the times at which records of a key go. */
    public static final String EXPIRIES = "expiries";

    /** The suffix of the store with the number of the next record. */
    public static final String ARRIVALS = "arrivals";

    /** The suffix of the store with the left records. */
    public static final String LEFT = "left";

    /** The suffix of the store with the right records. */
    public static final String RIGHT = "right";

    @Override
    public int inputs() {
      return 2;
    }

    @Override
    public List<StoreSpec> stores() {
      return List.of(
          new StoreSpec(HEADS, JoinHead.class),
          new StoreSpec(EXPIRIES, Boolean.class),
          new StoreSpec(ARRIVALS, Long.class),
          new StoreSpec(LEFT, rowType(join.leftType(), join.kind().keepsLeft())),
          new StoreSpec(RIGHT, rowType(join.rightType(), join.kind().keepsRight())));
    }

    private static Type rowType(Type value, boolean isKept) {
      return isKept ? Types.parameterized(JoinRow.class, value) : value;
    }

    /** Rows that wait are found again by the bounds, also those of expiries. */
    @Override
    public String describeState() {
      return describe() + " by " + keyType.getTypeName();
    }

    /** Records may have to go at any millisecond. */
    @Override
    public Granularity granularity() {
      return Granularity.ofEvents(1);
    }

    /** What has no match may be that much older than what makes this certain. */
    @Override
    public long holdsBackMs() {
      long left = join.kind().keepsLeft() ? join.bounds().leftDelayMs() : 0;
      long right = join.kind().keepsRight() ? join.bounds().rightDelayMs() : 0;
      return Math.max(left, right);
    }

    @Override
    public Optional<String> boundToEnd() {
      return Optional.of(
          "has dropped its records at the end of the input, so that new ones could not be joined"
              + " with them");
    }

    @Override
    public String describe() {
      return "join " + join.kind().verb() + ", " + join.bounds().describe();
    }
  }

  /**
   * A join of tables by their common key; emits changes.
   *
   * @param times whether rows keep their times; not worth it where these mean nothing
   */
  record TableJoin(Operation.TableJoin join, Type keyType, RowTimes times) implements Keyed {

    /** {@return the suffix of the store with the rows of a table} */
    public static String store(int input) {
      return "table-" + (input + 1);
    }

    @Override
    public int inputs() {
      return join.sides().size();
    }

    @Override
    public List<StoreSpec> stores() {
      List<StoreSpec> stores = new ArrayList<>();
      for (JoinSide side : join.sides()) {
        Type row = Types.parameterized(Upserted.class, side.rowType());
        stores.add(new StoreSpec(store(stores.size()), row, times));
      }
      return List.copyOf(stores);
    }

    /** What was emitted is made of the rows once more, to be taken back. */
    @Override
    public String describeState() {
      return describe() + " by " + keyType.getTypeName();
    }

    @Override
    public Granularity granularity() {
      return Granularity.NONE;
    }

    @Override
    public long holdsBackMs() {
      return 0;
    }

    @Override
    public Optional<String> boundToEnd() {
      return Optional.empty();
    }

    /** Such as {@code joinTables (1, 2, 3 if there)}. */
    @Override
    public String describe() {
      List<String> tables = new ArrayList<>();
      for (JoinSide side : join.sides()) {
        tables.add((tables.size() + 1) + (side.isNeeded() ? "" : " if there"));
      }
      return "joinTables (" + String.join(", ", tables) + ")";
    }
  }

  /** A step that writes to a Kafka topic in the stage's transaction. */
  record WriteKafka(KafkaSinkSpec sink) implements StageOperator {
    @Override
    public String describe() {
      return "topic " + sink.topic();
    }

    @Override
    public Optional<KafkaSinkSpec> kafkaSink() {
      return Optional.of(sink);
    }

    @Override
    public boolean readsBefore() {
      return !sink.upsert();
    }
  }

  /** A step that writes with a writer of the sink's own. */
  record WriteOut(WriterSink<?> sink) implements StageOperator {
    @Override
    public String describe() {
      return "sink " + sink.name();
    }

    @Override
    public boolean needsChangelog() {
      return sink.keepsState();
    }

    @Override
    public Duration minCommitInterval() {
      return sink.minCommitInterval();
    }
  }
}
