package dev.millrace.internal.launch;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.codec.KeyForm;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.codec.StoredForm;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.meta.StoreIds;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.stage.StageSetup;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** The codecs that a plan's types ask for; making one registers its schema. */
final class StageCodecs {

  private final SchemaBook schemas;
  private final SerdeTypes serdes;
  private final Map<Type, ValueCodec<Object>> made = new HashMap<>();
  private final Map<Type, StoredForm> keyForms = new HashMap<>();

  StageCodecs(SchemaBook schemas, SerdeTypes serdes) {
    this.schemas = schemas;
    this.serdes = serdes;
  }

  @SuppressWarnings("unchecked") // the type of the values is in the plan
  ValueCodec<Object> values(Type type) {
    ValueCodec<Object> codec = made.get(type);
    if (codec == null) {
      codec = (ValueCodec<Object>) ValueCodecs.forType(type, schemas, serdes);
      made.put(type, codec);
    }
    return codec;
  }

  /**
   * {@return the forms of all keys and values that a plan keeps or sends, by place}
   *
   * @throws TypeInferenceException if values of a type could not be read back
   */
  Map<String, StoredForm> places(PhysicalPlan plan) {
    Map<String, StoredForm> places = new TreeMap<>();
    for (StagePlan stage : plan.stages()) {
      for (Step step : stage.steps()) {
        places.putAll(keys(step, stage));
        for (StoreSpec store : step.operator().stores()) {
          String place = "store " + step.storeName(store) + " of stage " + stage.name();
          places.put(place, values(plan, place, store.valueType()));
        }
      }
      for (Broadcast table : stage.broadcasts()) {
        String place = "broadcast table " + table.name();
        places.put(place, values(plan, place, table.rowType()));
        places.put("keys of " + place, form(table.keyType()));
      }
      for (ShuffleEdge edge : stage.outputs()) {
        String shuffle = place(edge, stage);
        places.put(shuffle, values(plan, shuffle, edge.valueType()));
        edge.key().ifPresent(key -> places.put("keys of " + shuffle, form(edge.keyType())));
        edge.combiner()
            .ifPresent(
                combiner -> {
                  String place = shuffle + ", partial results";
                  places.put(place, values(plan, place, combiner.fold().accumulatorType()));
                });
      }
    }
    return places;
  }

  /** {@return the forms of the keys of a step's stores, and of those within its rows' keys} */
  private Map<String, StoredForm> keys(Step step, StagePlan stage) {
    Map<String, StoredForm> keys = new TreeMap<>();
    String where = " of step " + step.name() + " of stage " + stage.name();
    if (step.operator() instanceof StageOperator.Keyed keyed) {
      keys.put("keys" + where, form(keyed.keyType()));
    }
    step.operator()
        .innerKeys()
        .forEach((place, type) -> keys.put("keys of " + place + where, form(type)));
    return keys;
  }

  private StoredForm form(Type keyType) {
    return keyForms.computeIfAbsent(keyType, type -> new KeyForm(type, schemas));
  }

  /** {@return what a shuffle is called, with its topic if there is another one between the same} */
  private static String place(ShuffleEdge edge, StagePlan from) {
    boolean isOnly =
        from.outputs().stream().filter(other -> other.to().equals(edge.to())).count() == 1;
    String ends = "shuffle from " + edge.from() + " to " + edge.to();
    return isOnly ? ends : ends + " by " + edge.topic();
  }

  private ValueCodec<Object> values(PhysicalPlan plan, String place, Type type) {
    try {
      return values(type);
    } catch (TypeInferenceException e) {
      throw new TypeInferenceException(
          "Cannot start job '" + plan.job() + "', " + place + ": " + e.getMessage(), e);
    }
  }

  @SuppressWarnings("unchecked") // the type of the keys is in the plan
  static KeyCodec<Object> keys(Type type) {
    return (KeyCodec<Object>) KeyCodecs.forType(type);
  }

  /** {@return a stage's stores, by their names} */
  Map<String, StageSetup.Store> stores(StagePlan stage, StoreIds ids) {
    Map<String, StageSetup.Store> stores = new HashMap<>();
    for (Step step : stage.steps()) {
      if (step.operator() instanceof StageOperator.Keyed keyed) {
        for (StoreSpec store : keyed.stores()) {
          String name = step.storeName(store);
          stores.put(
              name,
              new StageSetup.Store(
                  ids.of(name).orElseThrow(),
                  keys(keyed.keyType()),
                  values(store.valueType()),
                  store.times()));
        }
      }
    }
    return stores;
  }
}
