package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;
import java.lang.reflect.Type;
import java.util.function.Function;

/**
 * The encoding of values inside Millrace: in frames (where the frame's head carries the schema id
 * once) and, after a format byte and the schema id, in state and changelogs.
 *
 * <p><b>Threads.</b> Safe for any thread, unless it has been given serdes: these are confined to
 * the thread that they were opened for.
 */
public interface ValueCodec<T> extends StoredForm {

  /**
   * {@return the content hash of the schema that {@link #encode} writes; stable between JVMs and
   * versions}
   */
  @Override
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

  @Override
  default void checkReads(int writerSchemaId) {
    ValueCodec<T> ignored = writtenBy(writerSchemaId);
  }

  /** {@return whether serdes of the program's encode values, or parts of them} */
  default boolean usesSerdes() {
    return false;
  }

  /**
   * {@return the codec for the owner of these serdes; without them one that uses serdes has a
   * schema and cannot encode}
   *
   * @param opened the serde of each type
   */
  default ValueCodec<T> with(Function<Type, TypeSerde> opened) {
    return this;
  }
}
