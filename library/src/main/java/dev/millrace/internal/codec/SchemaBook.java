package dev.millrace.internal.codec;

import org.jspecify.annotations.Nullable;

/**
 * The schemas that values were written with, kept so that values stay readable after a type
 * changes.
 *
 * <p><b>Threads.</b> Implementations are safe for any thread.
 */
public interface SchemaBook {

  /**
   * Keeps a schema; repeating it is harmless.
   *
   * @param schemaId the schema's content hash
   * @param schema its canonical description
   * @throws IllegalStateException if another schema is kept under the same id
   */
  void register(int schemaId, byte[] schema);

  /** {@return the schema's description, or null if it is unknown} */
  byte @Nullable [] lookup(int schemaId);
}
