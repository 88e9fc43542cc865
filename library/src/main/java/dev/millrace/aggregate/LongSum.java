package dev.millrace.aggregate;

import dev.millrace.function.ToLongFunction;

/**
 * An aggregation that adds up a number of each record. The engine keeps its partial results as
 * plain 64-bit numbers, without an object per key.
 *
 * <p><b>Errors.</b> An overflow is an error of the record that caused it.
 *
 * @param <T> the records
 */
public interface LongSum<T> extends Aggregation<T, Long, Long> {

  /** {@return what is added for a record} */
  ToLongFunction<T> number();
}
