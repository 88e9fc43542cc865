package dev.millrace.connector;

import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * How values look on a user's topic.
 *
 * <p><b>Threads.</b> Immutable.
 */
public sealed interface Format<T> {

  /**
   * JSON in UTF-8.
   *
   * @param type the type of the values
   * @param times the unit of numbers that stand for times
   * @param lenient whether a missing component is its default, also where null is an error
   */
  record Json<T>(TypeRef<T> type, JsonTimes times, boolean lenient) implements Format<T> {

    /** Creates the format of a source that says nothing of times and missing components. */
    public Json(TypeRef<T> type) {
      this(type, JsonTimes.MILLIS, false);
    }
  }

  /** JSON in UTF-8, for values whose type need not be known: writing only. */
  record JsonOut<T>() implements Format<T> {}

  /** Text in UTF-8; on the way out, whatever {@code toString} says. */
  record Utf8<T>() implements Format<T> {}

  /** Bytes as they are. */
  record Bytes() implements Format<byte[]> {}

  /**
   * Any Kafka deserializer; called with the record's topic by one worker at a time, under a lock.
   *
   * @param deserializer the deserializer, configured
   */
  record Decoded<T>(Deserializer<T> deserializer) implements Format<T> {}

  /**
   * Any Kafka serializer; called with the record's topic, under a lock.
   *
   * @param serializer the serializer, configured
   */
  record Encoded<T>(Serializer<T> serializer) implements Format<T> {}
}
