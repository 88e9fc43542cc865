package dev.millrace.internal.query;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.plan.StateForm;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.time.TimeDomain;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** States that are maps: a row for each entry, under the key and the map's key. */
final class MapReader implements StateReader {

  private final String name;
  private final KeyCodec<?> mapKeys;
  private final RowValues values;

  MapReader(QueriedStore store, StateForm.Declared form, RowValues values) {
    this.name = store.name();
    this.values = values;
    this.mapKeys = KeyCodecs.forType(form.state().mapKeyType().orElseThrow());
  }

  @Override
  public Function<CommittedTask, Reading> get(QueriedStore store, byte[] key) {
    return task -> new Reading(Reading.entries(task, name, key), null, task.time(TimeDomain.EVENT));
  }

  /** A map without entries is no value, as its function cannot distinguish them either. */
  @Override
  public @Nullable Object value(Reading reading, long asOfMs) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (Reading.Raw raw : reading.rows()) {
      Object value = values.value(raw.value(), reading.timeMs(), asOfMs);
      if (value != null) {
        ByteReader in = new ByteReader(raw.key());
        int length = in.readVarint();
        int at = in.position() + length;
        map.put(mapKeys.decode(raw.key(), at, raw.key().length - at), value);
      }
    }
    return map.isEmpty() ? null : Collections.unmodifiableMap(map);
  }
}
