package dev.millrace.internal.codec;

import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;

/**
 * The codecs of value types: the serde that the job names for a type, the compact binary one for
 * scalars, collections, records, enums and sealed types, JSON for everything else.
 *
 * <p><b>Threads.</b> Stateless. Making a codec costs milliseconds, so callers keep it.
 */
public final class ValueCodecs {

  private ValueCodecs() {}

  /**
   * {@return the codec of a type}
   *
   * @param type the type, with all its arguments
   * @param book where the schema is registered and older schemas are looked up
   * @throws dev.millrace.error.TypeInferenceException if values of the type could not be read back
   */
  public static ValueCodec<?> forType(Type type, SchemaBook book) {
    return codec(type, book, SerdeTypes.NONE);
  }

  /**
   * {@return the codec of a type in a job with serdes; see {@link #forType(Type, SchemaBook)}}
   *
   * @param serdes the types that have serdes, to be {@linkplain ValueCodec#with given} to the codec
   */
  public static ValueCodec<?> forType(Type type, SchemaBook book, SerdeTypes serdes) {
    return codec(type, book, serdes);
  }

  /**
   * {@return the codec of a class without type parameters; see {@link #forType(Type, SchemaBook)}}
   */
  public static <T> ValueCodec<T> forClass(Class<T> type, SchemaBook book) {
    return codec(type, book, SerdeTypes.NONE);
  }

  private static <T> ValueCodec<T> codec(Type type, SchemaBook book, SerdeTypes serdes) {
    Type canonical = Types.box(Types.canonical(type));
    TypeModel model = TypeModel.of(canonical, serdes);
    return model.root() instanceof TypeModel.Json json
        ? new JsonValueCodec<>(canonical, model, json, book)
        : new BinaryValueCodec<>(canonical, model, book);
  }

  /** {@return a schema as text for people} */
  public static String describe(byte[] schema) {
    return Schema.parse(schema).toString();
  }
}
