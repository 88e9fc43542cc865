package dev.millrace.internal.spec;

import java.lang.reflect.Type;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serde;

/**
 * The serde that a job names for the values of a type.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param type the type, canonical
 * @param serdes makes a new one at each call, configured
 */
public record SerdeSpec(Type type, Supplier<? extends Serde<?>> serdes) {}
