package dev.millrace.internal.plan;

import dev.millrace.function.ReduceFunction;

/**
 * The steps of a reduce, whose accumulator is the value itself.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ReduceFold implements FoldFunction {

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
}
