package dev.millrace.aggregate;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.MapFunction;
import dev.millrace.internal.aggregate.Seeded;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.serde.TypeRef;
import java.util.Optional;

/** The smallest or the largest value that a function gives for the records. */
record Extreme<T, C extends Comparable<? super C>>(MapFunction<T, C> of, Side side, TypeRef<C> type)
    implements Aggregation<T, C, C>, Seeded<T, C> {

  /** The end of the order at which the value stands. */
  enum Side {
    SMALLEST,
    LARGEST
  }

  static <T, C> TypeRef<C> typeOf(MapFunction<T, C> of, String verb) {
    return TypeInference.resultOf(of, MapFunction.class, 1)
        .map(TypeRef::<C>ofType)
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer of what the "
                        + verb
                        + " is taken: the lambda does not show it. Write "
                        + verb
                        + "(TheType.class, ...)"));
  }

  @Override
  public C create() {
    throw new IllegalStateException("of no records there is no extreme");
  }

  @Override
  public C first(T value) throws Exception {
    return ValueRules.given(of.apply(value));
  }

  @Override
  public C add(C accumulator, T value) throws Exception {
    return merge(accumulator, ValueRules.given(of.apply(value)));
  }

  @Override
  public C merge(C left, C right) {
    int order = left.compareTo(right);
    return (side == Side.SMALLEST ? order <= 0 : order >= 0) ? left : right;
  }

  @Override
  public C finish(C accumulator) {
    return accumulator;
  }

  @Override
  public TypeRef<C> accumulatorType() {
    return type;
  }

  @Override
  public TypeRef<C> resultType() {
    return type;
  }

  @Override
  public Optional<RetractableAggregation<T, ?, C>> retractable() {
    ValueRules.checkRecognisable(side == Side.SMALLEST ? "min" : "max", type.type());
    return Optional.of(new RetractableExtreme<>(of, side, type));
  }
}
