package dev.millrace.internal.query;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;

/**
 * The form in which a query has keys and values: as the program's objects, or as JSON.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface Translation<K, V> {

  /** {@return the key as the program has it} */
  Object key(K key);

  /** {@return a key of the program's in this form} */
  K shownKey(Object key);

  /** {@return a value of the program's in this form} */
  V shownValue(Object value);

  /** {@return keys and values as they are, after a look at their types} */
  static <K, V> Translation<K, V> objects(
      QueriedStore store, Class<K> keyType, Class<V> valueType) {
    check(store, "keys", store.keyType(), keyType);
    check(store, "values", store.answerType(), valueType);
    return new Translation<>() {
      @Override
      public Object key(K key) {
        Class<?> type = Types.raw(Types.box(store.keyType()));
        if (!type.isInstance(key)) {
          throw new ConfigurationException(
              "Cannot ask store '"
                  + store.name()
                  + "' for key "
                  + key
                  + ": its keys are "
                  + Types.name(store.keyType())
                  + ". Ask for one of these");
        }
        return key;
      }

      @Override
      @SuppressWarnings("unchecked") // by the check of the types
      public K shownKey(Object key) {
        return (K) key;
      }

      @Override
      @SuppressWarnings("unchecked") // by the check of the types
      public V shownValue(Object value) {
        return (V) value;
      }
    };
  }

  private static void check(QueriedStore store, String what, Type type, Class<?> asked) {
    if (!Types.raw(Types.box(asked)).isAssignableFrom(Types.raw(Types.box(type)))) {
      throw new ConfigurationException(
          "Cannot query store '"
              + store.name()
              + "' for "
              + what
              + " of "
              + asked.getTypeName()
              + ": they are "
              + Types.name(type)
              + ". Ask for these, or for Object");
    }
  }
}
