package dev.millrace.internal.spec;

import dev.millrace.serde.TypeRef;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * The form of the keys or values on a user's topic.
 *
 * <p><b>Threads.</b> Immutable.
 */
public sealed interface Format<T> {

  /**
   * JSON in UTF-8.
   *
   * @param type the type of the values
   */
  record Json<T>(TypeRef<T> type) implements Format<T> {}

  /** JSON in UTF-8, for values whose type need not be known: writing only. */
  record JsonOut<T>() implements Format<T> {}

  /** Text in UTF-8; when written, the result of {@code toString}. */
  record Utf8<T>() implements Format<T> {}

  /** Bytes as they are. */
  record Bytes() implements Format<byte[]> {}

  /** Text and bytes as they are, all other values as JSON: writing only. */
  record Plain<T>() implements Format<T> {}

  /**
   * Any Kafka deserializer.
   *
   * @param type the type of the values
   * @param deserializers makes a new one whenever a task opens, configured
   */
  record Decoded<T>(TypeRef<T> type, Supplier<? extends Deserializer<? super T>> deserializers)
      implements Format<T> {}

  /**
   * Any Kafka serializer.
   *
   * @param serializers makes a new one whenever a task opens, configured
   */
  record Encoded<T>(Supplier<? extends Serializer<? super T>> serializers) implements Format<T> {}
}
