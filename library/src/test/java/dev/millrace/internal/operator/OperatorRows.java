package dev.millrace.internal.operator;

import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The rows of an operator, of all its stores; in an overlay that is replaced with the task. */
public final class OperatorRows {

  private final Map<String, StageSetup.Store> stores = new LinkedHashMap<>();
  private final Map<String, Type> types = new HashMap<>();
  private final Map<String, RowStore<Object>> rows = new LinkedHashMap<>();
  private final int firstId;

  /** Creates the rows that an operator's plan names; {@link #open} has to follow. */
  @SuppressWarnings("unchecked") // the plan says what the rows are
  public OperatorRows(StageOperator.Keyed plan, KeyCodec<Object> keys, int firstId) {
    this.firstId = firstId;
    SchemaBook schemas = new InMemorySchemaBook();
    for (StoreSpec spec : plan.stores()) {
      ValueCodec<Object> codec =
          (ValueCodec<Object>) ValueCodecs.forType(spec.valueType(), schemas);
      stores.put(spec.suffix(), new StageSetup.Store(0, keys, codec, spec.times()));
      types.put(spec.suffix(), spec.valueType());
    }
  }

  /** Begins with what is in an overlay. */
  public void open(Overlay overlay) {
    int id = firstId;
    for (String suffix : stores.keySet()) {
      rows.put(suffix, overlay.rows(id++, format(suffix)));
    }
  }

  private StoredValueFormat<Object> format(String suffix) {
    return Objects.requireNonNull(stores.get(suffix), suffix).format();
  }

  /** {@return the rows of a store} */
  public RowStore<Object> of(String suffix) {
    return Objects.requireNonNull(rows.get(suffix), suffix);
  }

  /** {@return the suffixes of all stores} */
  public Set<String> suffixes() {
    return stores.keySet();
  }

  /** {@return the function that copies a store's values, as a task does} */
  public UnaryOperator<Object> copying(String suffix) {
    if (Types.isImmutable(Objects.requireNonNull(types.get(suffix), suffix))) {
      return UnaryOperator.identity();
    }
    StoredValueFormat<Object> format = format(suffix);
    return value -> format.fromBytes(format.toBytes(value));
  }

  /** {@return how many rows there are in all stores} */
  public int count() {
    return rows.values().stream().mapToInt(OperatorRows::count).sum();
  }

  /** {@return how many rows a store has} */
  public int count(String suffix) {
    return count(of(suffix));
  }

  private static int count(RowStore<Object> store) {
    int count = 0;
    try (RowScan<Object> scan = store.scan(new byte[0], null)) {
      while (scan.next()) {
        count++;
      }
    }
    return count;
  }
}
