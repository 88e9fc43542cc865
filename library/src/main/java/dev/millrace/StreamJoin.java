package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.plan.PlanBuilder;

/**
 * A join of two streams whose keys are still to be named.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <L> the values of the left stream
 * @param <R> the values of the right stream
 */
public final class StreamJoin<L, R> {

  private final DataStream<L> left;
  private final DataStream<R> right;

  StreamJoin(DataStream<L> left, DataStream<R> right) {
    this.left = left;
    this.right = right;
  }

  /**
   * {@return the join of values with equal keys; both streams are distributed by them}
   *
   * @param leftKey the key of a left value
   * @param rightKey the key of a right value, of the same type
   * @throws ConfigurationException if it is of another type
   */
  // With one type for both, the compiler would find one in common to any two, such as Comparable.
  public <K, O> KeyedStreamJoin<K, L, R> on(
      KeyFunction<? super L, ? extends K> leftKey, KeyFunction<? super R, ? extends O> rightKey) {
    KeyedStream<K, L> byLeft = left.keyBy(leftKey, "on");
    KeyedStream<O, R> byRight = right.keyBy(rightKey, "on");
    return KeyedStream.joined(byLeft, byRight);
  }

  /**
   * {@return the join of values with equal keys, of a type stated because the lambdas do not show
   * it}
   */
  public <K> KeyedStreamJoin<K, L, R> on(
      Class<K> type,
      KeyFunction<? super L, ? extends K> leftKey,
      KeyFunction<? super R, ? extends K> rightKey) {
    KeyedStream<K, L> byLeft = left.keyBy(type, leftKey);
    return byLeft.join(right.keyBy(type, rightKey));
  }

  static void checkSameJob(PlanBuilder left, PlanBuilder right) {
    if (left != right) {
      throw new ConfigurationException(
          "Cannot join: both sides belong to different jobs ("
              + left.job()
              + ", "
              + right.job()
              + "). Build both from one Job");
    }
  }
}
