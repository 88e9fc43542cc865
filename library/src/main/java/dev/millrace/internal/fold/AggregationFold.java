package dev.millrace.internal.fold;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.aggregate.Growing;
import dev.millrace.internal.aggregate.LongSum;
import dev.millrace.internal.aggregate.OrderedTypes;
import dev.millrace.internal.aggregate.Seeded;
import dev.millrace.internal.aggregate.Spreading;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a public aggregation.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class AggregationFold implements FoldFunction {

  private final Aggregation<Object, Object, Object> aggregation;
  private final @Nullable Seeded<Object, Object> seeded;
  private final @Nullable Growing<Object> growing;
  private final @Nullable ToLongFunction<Object> longSum;
  private final @Nullable Retraction retraction;
  private final @Nullable Spreading<Object, Object> spreading;

  /**
   * Creates the steps.
   *
   * @param retracting the same, as far as records may be taken back
   */
  @SuppressWarnings("unchecked") // the builder's types fix what arrives
  AggregationFold(
      Aggregation<?, ?, ?> aggregation, @Nullable RetractableAggregation<?, ?, ?> retracting) {
    this.aggregation = (Aggregation<Object, Object, Object>) aggregation;
    this.seeded = aggregation instanceof Seeded<?, ?> ? (Seeded<Object, Object>) aggregation : null;
    this.growing =
        aggregation instanceof Growing<?> ? (Growing<Object>) (Growing<?>) aggregation : null;
    this.longSum =
        aggregation instanceof LongSum<?> sum ? (ToLongFunction<Object>) sum.number() : null;
    this.retraction =
        retracting == null
            ? null
            : retraction((RetractableAggregation<Object, Object, Object>) retracting, growing);
    this.spreading =
        retracting instanceof Spreading<?, ?> spread
                && OrderedTypes.ALL.contains(spread.orderClass())
            ? (Spreading<Object, Object>) spread
            : null;
  }

  private static Retraction retraction(
      RetractableAggregation<Object, Object, Object> aggregation,
      @Nullable Growing<Object> growing) {
    return new Retraction() {
      @Override
      public boolean isLarge(Object accumulator) {
        return growing != null && growing.isLarge(accumulator);
      }

      @Override
      public List<Part> divided(Object accumulator) {
        return growing == null
            ? List.of()
            : growing.divided(accumulator).stream()
                .map(part -> new Part(part.accumulator(), part.records()))
                .toList();
      }

      @Override
      public Object first(Object value) throws Exception {
        return retract(created(aggregation), value);
      }

      @Override
      public Object retract(Object accumulator, Object value) throws Exception {
        return FoldFunction.given(aggregation.retract(accumulator, value), "retract");
      }

      @Override
      public boolean isNeutral(Object accumulator) throws Exception {
        return aggregation.isNeutral(accumulator);
      }
    };
  }

  private static Object created(Aggregation<Object, Object, Object> aggregation) {
    return FoldFunction.given(aggregation.create(), "create");
  }

  @Override
  public Object first(Object value) throws Exception {
    return seeded == null ? add(created(aggregation), value) : seeded.first(value);
  }

  @Override
  public Object add(Object accumulator, Object value) throws Exception {
    return FoldFunction.given(aggregation.add(accumulator, value), "add");
  }

  @Override
  public Object merge(Object left, Object right) throws Exception {
    return FoldFunction.given(aggregation.merge(left, right), "merge");
  }

  @Override
  public Object finish(Object accumulator) throws Exception {
    return FoldFunction.given(aggregation.finish(accumulator), "finish");
  }

  @Override
  public @Nullable ToLongFunction<Object> longSum() {
    return longSum;
  }

  @Override
  public boolean grows() {
    return growing != null;
  }

  @Override
  public int valuesIn(Object accumulator) {
    return growing == null ? 0 : growing.size(accumulator);
  }

  @Override
  public @Nullable Retraction retraction() {
    return retraction;
  }

  @Override
  public @Nullable Spreading<Object, Object> spreading() {
    return spreading;
  }
}
