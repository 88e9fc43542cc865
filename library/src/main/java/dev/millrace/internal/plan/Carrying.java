package dev.millrace.internal.plan;

/** A key function whose keys go with a part of the value only. */
public interface Carrying {

  /** {@return what of a value goes on to the key's task} */
  Object carried(Object value);
}
