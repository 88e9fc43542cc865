package dev.millrace.internal.aggregate;

/**
 * An aggregation whose first record makes the accumulator, because none can stand for no records.
 *
 * @param <T> the records
 * @param <A> the accumulator
 */
public interface Seeded<T, A> {

  /** {@return the accumulator of one record} */
  A first(T value) throws Exception;
}
