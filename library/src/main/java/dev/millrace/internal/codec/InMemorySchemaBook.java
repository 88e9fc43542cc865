package dev.millrace.internal.codec;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A schema book that lives as long as the process.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class InMemorySchemaBook implements SchemaBook {

  private final Map<Integer, byte[]> schemas = new ConcurrentHashMap<>();

  @Override
  public void register(int schemaId, byte[] schema) {
    byte[] present = schemas.putIfAbsent(schemaId, schema.clone());
    if (present != null && !Arrays.equals(present, schema)) {
      throw new IllegalStateException(
          String.format(
              "Cannot register a schema: another one has the same id (0x%08x). Rename a component"
                  + " of the record",
              schemaId));
    }
  }

  @Override
  public byte @Nullable [] lookup(int schemaId) {
    byte[] schema = schemas.get(schemaId);
    return schema == null ? null : schema.clone();
  }
}
