package dev.millrace.testkit;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.fold.GroupRow;
import dev.millrace.internal.fold.KeptValues;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.util.ByteReader;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The committed rows of a job's steps, folded from the changelogs: what a restart would find.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class StateRows {

  private final TestCluster cluster;
  private final PhysicalPlan plan;

  StateRows(TestCluster cluster, PhysicalPlan plan) {
    this.cluster = cluster;
    this.plan = plan;
  }

  /** {@return how many rows a step has in all of its stores} */
  long count(String stepName) {
    long count = 0;
    for (StagePlan stage : plan.stages()) {
      for (Step step : stage.steps()) {
        if (step.name().equals(stepName)) {
          for (StoreSpec store : step.operator().stores()) {
            count += rows(stage, step.storeName(store)).size();
          }
        }
      }
    }
    return count;
  }

  /** {@return the rows of a store whose keys are the records' keys} */
  <K, V> Map<K, V> table(String store, Class<K> keyType, Class<V> valueType) {
    List<String> known = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      for (Step step : stage.steps()) {
        for (StoreSpec spec : step.operator().stores()) {
          if (step.storeName(spec).equals(store)) {
            checkIsReadable(store, spec);
            Type rowType = KeptValues.rowType(spec.valueType(), valueType);
            return table(rows(stage, store), keyType, rowType);
          }
        }
      }
      known.addAll(stage.stores());
    }
    throw new ConfigurationException(
        "Cannot read store '" + store + "': the job has none of that name. It has " + known);
  }

  private static void checkIsReadable(String store, StoreSpec spec) {
    if (spec.valueType() instanceof ParameterizedType row && row.getRawType() == GroupRow.class) {
      throw new ConfigurationException(
          "Cannot read store '"
              + store
              + "': groups keep their values in a form of the engine's own, in one row or in many."
              + " Look at the results of the aggregate, or count its rows with stateRows(...)");
    }
  }

  @SuppressWarnings("unchecked") // the types asked for
  private <K, V> Map<K, V> table(Map<byte[], byte[]> rows, Class<K> keyType, Type rowType) {
    KeyCodec<K> keys = (KeyCodec<K>) KeyCodecs.forType(keyType);
    Map<K, V> table = new LinkedHashMap<>();
    try (WorkerSerdes serdes = new WorkerSerdes(plan.job(), "test", plan.serdes())) {
      SerdeTypes types = new SerdeTypes(plan.serdeTypes());
      ValueCodec<?> codec = ValueCodecs.forType(rowType, new InMemorySchemaBook(), types);
      StoredValues<?> values = new StoredValues<>(codec.with(serdes));
      rows.forEach(
          (key, row) ->
              table.put(
                  keys.decode(key, 0, key.length),
                  (V) Objects.requireNonNull(KeptValues.valueOf(values.fromBytes(row)))));
    }
    return table;
  }

  private Map<byte[], byte[]> rows(StagePlan stage, String store) {
    OptionalInt id =
        cluster
            .manifest(plan.metaTopic())
            .map(manifest -> manifest.stages().get(stage.name()))
            .map(deployed -> deployed.storeIds().of(store))
            .orElse(OptionalInt.empty());
    return id.isPresent() ? rows(stage, id.getAsInt()) : Map.of();
  }

  private Map<byte[], byte[]> rows(StagePlan stage, int storeId) {
    Map<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
    for (ConsumerRecord<byte[], byte[]> record : cluster.committed(plan.changelog(stage))) {
      ByteReader in = new ByteReader(record.key());
      if (in.readVarint() == storeId) {
        byte[] key = Arrays.copyOfRange(record.key(), in.position(), record.key().length);
        byte @Nullable [] value = record.value();
        if (value == null) {
          rows.remove(key);
        } else {
          rows.put(key, value);
        }
      }
    }
    return rows;
  }
}
