package dev.millrace.connector;

import dev.millrace.function.TimestampFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.util.Optional;

/**
 * Where a job's records come from: a Kafka topic, or anything that can be cut into splits.
 *
 * <p><b>Threads.</b> A specification: immutable, shared by all workers.
 *
 * @see SplitSource for your own
 */
public sealed interface Source<T> permits KafkaSource, SplitSource {

  /**
   * {@return a short name that stays the same, {@code [a-z0-9-]}; becomes part of the stage's name}
   */
  String name();

  /** {@return the type of the records} */
  TypeRef<T> type();

  /**
   * {@return where a record's event time is read from; if empty, the source's own timestamp counts}
   */
  default Optional<TimestampFunction<T>> eventTime() {
    return Optional.empty();
  }

  /** {@return how watermarks are made; without, windows go by processing time} */
  default Optional<Watermarks<? super T>> watermarks() {
    return Optional.empty();
  }
}
