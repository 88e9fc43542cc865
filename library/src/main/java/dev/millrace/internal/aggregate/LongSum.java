package dev.millrace.internal.aggregate;

import dev.millrace.function.ToLongFunction;

/**
 * An aggregation that adds up a number of each record. The engine keeps its partial results as
 * plain 64-bit numbers, without an object per key.
 *
 * @param <T> the records
 */
public interface LongSum<T> {

  /** {@return what is added for a record} */
  ToLongFunction<T> number();
}
