package dev.millrace.internal.spec;

import java.lang.reflect.Type;
import java.util.function.UnaryOperator;

/**
 * The settings of a {@code KafkaTable}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param source the topic and the form of its records; its type is that of the rows
 * @param keyType the type of the keys
 */
public record KafkaTableSpec(KafkaSourceSpec source, Type keyType) {

  /** {@return this with other settings of the topic} */
  public KafkaTableSpec with(UnaryOperator<KafkaSourceSpec> change) {
    return new KafkaTableSpec(change.apply(source), keyType);
  }
}
