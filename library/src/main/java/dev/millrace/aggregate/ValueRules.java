package dev.millrace.aggregate;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** The demands that aggregates make on the values of their records. */
final class ValueRules {

  private ValueRules() {}

  /** {@return what a function gave for a record, which must be there} */
  static <V> V given(@Nullable V value) {
    if (value == null) {
      throw new NullPointerException("the function returned null; filter the value out instead");
    }
    return value;
  }

  /**
   * Checks that a value which comes back from bytes is recognised as the one it was.
   *
   * @param verb the aggregate
   */
  static void checkRecognisable(String verb, Type type) {
    Class<?> raw = Types.raw(type);
    boolean isOpen =
        raw.isPrimitive() || raw.isInterface() || Modifier.isAbstract(raw.getModifiers());
    if (raw.isArray()
        || (!isOpen && (inherits(raw, "equals", Object.class) || inherits(raw, "hashCode")))) {
      throw new ConfigurationException(
          "Cannot take back values of "
              + verb
              + ": one that comes back from its bytes is not equal to what it was ("
              + Types.name(type)
              + " has no equals and hashCode of its own). Make it a record, or give it both"
              + " methods");
    }
  }

  private static boolean inherits(Class<?> type, String method, Class<?>... parameters) {
    try {
      return type.getMethod(method, parameters).getDeclaringClass() == Object.class;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e); // Each class has it.
    }
  }
}
