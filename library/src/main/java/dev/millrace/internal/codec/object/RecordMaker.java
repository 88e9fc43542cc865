package dev.millrace.internal.codec.object;

import org.jspecify.annotations.Nullable;

/**
 * The maker of a record from components that lie in two arrays: component {@code i} is {@code
 * numbers[i]} if it is a primitive (a double by its bits, a boolean as 0 or 1), {@code objects[i]}
 * otherwise.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface RecordMaker {

  Object make(long[] numbers, @Nullable Object[] objects);
}
