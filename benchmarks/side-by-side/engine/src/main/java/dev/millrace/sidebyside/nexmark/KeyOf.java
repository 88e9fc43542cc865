package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;

/** Takes the key from a value. */
@FunctionalInterface
public interface KeyOf<T> extends Serializable {

  /** {@return the key: values of the same key are brought together} */
  long key(T value);
}
