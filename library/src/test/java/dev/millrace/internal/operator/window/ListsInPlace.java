package dev.millrace.internal.operator.window;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.serde.TypeRef;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * All values, in a list that is changed in place: when two are merged both are, in steps of which
 * the first may be all that is done.
 *
 * @param result makes the result; it may return the list itself
 */
@SuppressWarnings("serial") // it is never serialised
record ListsInPlace(UnaryOperator<List<Long>> result)
    implements Aggregation<Long, List<Long>, List<Long>> {

  @Override
  public List<Long> create() {
    return new ArrayList<>();
  }

  @Override
  public List<Long> add(List<Long> accumulator, Long value) {
    accumulator.add(value);
    return accumulator;
  }

  @Override
  public List<Long> merge(List<Long> left, List<Long> right) {
    while (!right.isEmpty()) {
      left.add(right.remove(right.size() - 1));
    }
    return left;
  }

  @Override
  public List<Long> finish(List<Long> accumulator) {
    return result.apply(accumulator);
  }

  @Override
  public TypeRef<List<Long>> accumulatorType() {
    return new TypeRef<>() {};
  }

  @Override
  public TypeRef<List<Long>> resultType() {
    return accumulatorType();
  }
}
