package dev.millrace.internal.codec;

/**
 * The form that a job's program brings along for the values of a type.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public interface TypeSerde {

  /** {@return the bytes of a value} */
  byte[] toBytes(Object value);

  /** {@return a new object, of the value with these bytes; the array is the callee's} */
  Object fromBytes(byte[] bytes);
}
