package dev.millrace.internal.meta;

import dev.millrace.internal.codec.SchemaBook;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The schemas of a job: those of this program, and those that others have written to the meta
 * topic.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class MetaSchemas implements SchemaBook {

  private final MetaTopic meta;
  private final Map<Integer, byte[]> own = new LinkedHashMap<>();

  public MetaSchemas(MetaTopic meta) {
    this.meta = meta;
  }

  @Override
  public synchronized void register(int schemaId, byte[] schema) {
    byte[] known = own.putIfAbsent(schemaId, schema);
    if (known != null && !Arrays.equals(known, schema)) {
      throw new IllegalStateException(
          "Cannot keep a schema: another one has the same hash (" + schemaId + ")");
    }
  }

  @Override
  public synchronized byte @Nullable [] lookup(int schemaId) {
    byte[] schema = own.get(schemaId);
    if (schema == null) {
      schema = meta.schema(schemaId);
    }
    if (schema == null) {
      // An instance of a newer version may have just written it.
      meta.refresh();
      schema = meta.schema(schemaId);
    }
    return schema;
  }

  /** {@return the schemas of this program that the meta topic does not have yet} */
  public synchronized Map<Integer, byte[]> unwritten() {
    Map<Integer, byte[]> missing = new LinkedHashMap<>(own);
    missing.keySet().removeIf(id -> meta.schema(id) != null);
    return missing;
  }
}
