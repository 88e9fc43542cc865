package dev.millrace.internal.plan;

import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A function with state and timers per key.
 *
 * @param state what it declares, with the time that each state lives by
 * @param inputs how many it has; if several, the function gets each record as a {@link FromInput}
 * @param hasWatermarks whether event time moves on
 * @param sorted how its input is sorted by event time; empty if it comes as it arrives
 */
public record StageKeyedProcess(
    Supplier<? extends KeyedProcessFunction<?, ?, ?>> functions,
    Type keyType,
    List<HandleSpec> state,
    List<OutputTag<?>> tags,
    int inputs,
    boolean hasWatermarks,
    Optional<SortedInput> sorted)
    implements StageOperator.Keyed {

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
  public StageKeyedProcess {
    state = List.copyOf(state);
    tags = List.copyOf(tags);
  }

  @Override
  public List<StoreSpec> stores() {
    List<StoreSpec> stores = new ArrayList<>();
    stores.add(StoreSpec.of(StoreSpec.Content.TIMERS, TIMERS, Boolean.class));
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

  @Override
  public StateForm formOf(StoreSpec store) {
    return state.stream()
        .filter(handle -> handle.name().equals(store.suffix()))
        .findFirst()
        .<StateForm>map(handle -> new StateForm.Declared(handle, handle.lengthsOfList()))
        .orElseGet(() -> new StateForm.OwnUse("timers, expiries, and records that wait"));
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
