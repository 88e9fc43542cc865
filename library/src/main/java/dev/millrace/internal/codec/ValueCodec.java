package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;

/**
 * The encoding of values inside Millrace: in frames (where the frame's head carries the schema id
 * once) and, after a format byte and the schema id, in state and changelogs.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface ValueCodec<T> {

  /**
   * {@return the content hash of the schema that {@link #encode} writes; stable between JVMs and
   * versions}
   */
  int schemaId();

  /** Appends the value's bytes, without the schema id. */
  void encode(T value, ByteWriter out);

  /**
   * Reads a value that {@link #encode} of the same schema wrote into exactly {@code length} bytes.
   */
  T decode(byte[] bytes, int offset, int length);

  /**
   * {@return a decoder for values written under another schema, resolved by component name}
   *
   * @throws dev.millrace.error.IncompatibleJobException if the writer's schema is unknown or does
   *     not fit
   */
  ValueCodec<T> writtenBy(int writerSchemaId);
}
