package dev.millrace.aggregate;

import dev.millrace.function.LongFunction;
import dev.millrace.serde.TypeRef;

/** The aggregates that come with Millrace. */
public final class Aggregates {

  private static final TypeRef<Long> LONG = TypeRef.of(Long.class);

  private Aggregates() {}

  /** {@return the number of records} */
  public static <T> Aggregation<T, Long, Long> count() {
    return sum(value -> 1L);
  }

  /**
   * {@return the sum of a number over the records}
   *
   * <p>An overflow of the 64 bits is an error of the record that caused it.
   */
  public static <T> Aggregation<T, Long, Long> sum(LongFunction<T> number) {
    return new Sum<>(number);
  }

  private record Sum<T>(LongFunction<T> number) implements LongSum<T> {

    @Override
    public Long create() {
      return 0L;
    }

    @Override
    public Long add(Long accumulator, T value) throws Exception {
      return Math.addExact(accumulator, number.apply(value));
    }

    @Override
    public Long merge(Long left, Long right) {
      return Math.addExact(left, right);
    }

    @Override
    public Long finish(Long accumulator) {
      return accumulator;
    }

    @Override
    public TypeRef<Long> accumulatorType() {
      return LONG;
    }

    @Override
    public TypeRef<Long> resultType() {
      return LONG;
    }
  }
}
