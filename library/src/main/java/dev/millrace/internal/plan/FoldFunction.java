package dev.millrace.internal.plan;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.function.ReduceFunction;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.aggregate.LongSum;
import dev.millrace.internal.aggregate.Seeded;
import org.jspecify.annotations.Nullable;

/**
 * The steps of an incremental aggregate.
 *
 * <p><b>Threads.</b> Stateless; user code inside is called by one worker at a time per accumulator.
 */
public interface FoldFunction {

  /** {@return the accumulator of one record} */
  Object first(Object value) throws Exception;

  /** {@return the accumulator with one more record; may be the changed argument} */
  Object add(Object accumulator, Object value) throws Exception;

  /** {@return the accumulator of both sides; may be the changed left argument} */
  Object merge(Object left, Object right) throws Exception;

  /** {@return the result of an accumulator} */
  Object finish(Object accumulator) throws Exception;

  /** {@return the number a record adds, if this is a plain sum of 64-bit numbers; else null} */
  default @Nullable ToLongFunction<Object> longSum() {
    return null;
  }

  /** {@return the steps that take records back, or null if the aggregate has none} */
  default @Nullable Retraction retraction() {
    return null;
  }

  /**
   * The steps of an aggregate that can take back records that were added before.
   *
   * <p>An accumulator may stand for more records taken back than added; {@link FoldFunction#merge}
   * takes it like any other, and taking a record back undoes adding it, whatever lies in between.
   */
  interface Retraction {

    /** {@return the accumulator of one record taken back} */
    Object first(Object value) throws Exception;

    /** {@return the accumulator with one record taken back; may be the changed argument} */
    Object retract(Object accumulator, Object value) throws Exception;

    /**
     * {@return whether merging an accumulator changes nothing; asked where as many records were
     * taken back as were added}
     */
    boolean isNeutral(Object accumulator) throws Exception;
  }

  /** {@return the steps of a reduce, whose accumulator is the value itself} */
  @SuppressWarnings("unchecked") // by the builder's types, T is what arrives
  static FoldFunction of(ReduceFunction<?> reduce) {
    ReduceFunction<Object> function = (ReduceFunction<Object>) reduce;
    return new FoldFunction() {
      @Override
      public Object first(Object value) {
        return value;
      }

      @Override
      public Object add(Object accumulator, Object value) throws Exception {
        return function.reduce(accumulator, value);
      }

      @Override
      public Object merge(Object left, Object right) throws Exception {
        return function.reduce(left, right);
      }

      @Override
      public Object finish(Object accumulator) {
        return accumulator;
      }
    };
  }

  /** {@return the steps of a public aggregation} */
  @SuppressWarnings("unchecked") // the builder's types fix what arrives
  static FoldFunction of(Aggregation<?, ?, ?> aggregation) {
    Aggregation<Object, Object, Object> typed = (Aggregation<Object, Object, Object>) aggregation;
    Seeded<Object, Object> seeded =
        aggregation instanceof Seeded<?, ?> ? (Seeded<Object, Object>) aggregation : null;
    return new FoldFunction() {
      @Override
      public Object first(Object value) throws Exception {
        return seeded == null ? typed.add(typed.create(), value) : seeded.first(value);
      }

      @Override
      public Object add(Object accumulator, Object value) throws Exception {
        return typed.add(accumulator, value);
      }

      @Override
      public Object merge(Object left, Object right) throws Exception {
        return typed.merge(left, right);
      }

      @Override
      public Object finish(Object accumulator) throws Exception {
        return typed.finish(accumulator);
      }

      @Override
      public @Nullable ToLongFunction<Object> longSum() {
        return aggregation instanceof LongSum<?> sum ? (ToLongFunction<Object>) sum.number() : null;
      }
    };
  }
}
