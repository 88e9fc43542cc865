package dev.millrace.internal.fold;

import dev.millrace.function.ReduceFunction;

/**
 * The steps of a reduce, whose accumulator is the value itself.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ReduceFold implements FoldFunction {

  private static final String CALL = "the function of the reduce";

  private final ReduceFunction<Object> function;

  @SuppressWarnings("unchecked") // by the builder's types, T is what arrives
  ReduceFold(ReduceFunction<?> function) {
    this.function = (ReduceFunction<Object>) function;
  }

  @Override
  public Object first(Object value) {
    return value;
  }

  @Override
  public Object add(Object accumulator, Object value) throws Exception {
    return FoldFunction.given(function.reduce(accumulator, value), CALL);
  }

  @Override
  public Object merge(Object left, Object right) throws Exception {
    return FoldFunction.given(function.reduce(left, right), CALL);
  }

  @Override
  public Object finish(Object accumulator) {
    return accumulator;
  }
}
