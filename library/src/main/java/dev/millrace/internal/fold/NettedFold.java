package dev.millrace.internal.fold;

import dev.millrace.function.ReduceFunction;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a reduce that can take records back.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class NettedFold implements FoldFunction {

  private final ReduceFunction<Object> add;
  private final ReduceFunction<Object> subtract;

  @SuppressWarnings("unchecked") // by the builder's types, V is what arrives
  NettedFold(ReduceFunction<?> add, ReduceFunction<?> subtract) {
    this.add = (ReduceFunction<Object>) add;
    this.subtract = (ReduceFunction<Object>) subtract;
  }

  @Override
  public Object first(Object value) {
    return new Netted<>(value, null);
  }

  @Override
  public Object add(Object accumulator, Object value) throws Exception {
    Netted<?> netted = (Netted<?>) accumulator;
    return new Netted<>(plus(netted.added(), value), netted.takenBack());
  }

  @Override
  public Object merge(Object left, Object right) throws Exception {
    Netted<?> one = (Netted<?>) left;
    Netted<?> other = (Netted<?>) right;
    return new Netted<>(plus(one.added(), other.added()), plus(one.takenBack(), other.takenBack()));
  }

  private @Nullable Object plus(@Nullable Object left, @Nullable Object right) throws Exception {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    return FoldFunction.given(add.reduce(left, right), "the function of the reduce that adds");
  }

  @Override
  public Object finish(Object accumulator) {
    return Objects.requireNonNull(((Netted<?>) accumulator).added(), "nothing was added");
  }

  @Override
  public boolean holds(Object accumulator, Object value) {
    Netted<?> netted = (Netted<?>) accumulator;
    return netted.added() == value || netted.takenBack() == value;
  }

  @Override
  public Retraction retraction() {
    return new Retraction() {
      @Override
      public Object first(Object value) {
        return new Netted<>(null, value);
      }

      @Override
      public Object retract(Object accumulator, Object value) throws Exception {
        Netted<?> netted = (Netted<?>) accumulator;
        return new Netted<>(netted.added(), plus(netted.takenBack(), value));
      }

      @Override
      public boolean isNeutral(Object accumulator) {
        Netted<?> netted = (Netted<?>) accumulator;
        return Objects.equals(netted.added(), netted.takenBack());
      }

      @Override
      public Object settled(Object accumulator) throws Exception {
        Netted<?> netted = (Netted<?>) accumulator;
        Object added = netted.added();
        Object takenBack = netted.takenBack();
        return added == null || takenBack == null
            ? netted
            : new Netted<>(
                FoldFunction.given(
                    subtract.reduce(added, takenBack), "the function of the reduce that subtracts"),
                null);
      }
    };
  }
}
