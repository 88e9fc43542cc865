package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import java.util.List;

/**
 * Results of each key and window, once it is over.
 *
 * @param type the class of values
 * @param key their key
 * @param windows the windows
 * @param accumulatorType the class of accumulators
 * @param none the accumulator of no values
 * @param add the accumulator with one more value
 * @param merge the accumulator of both sides' values
 * @param resultType the class of results
 * @param results makes results of an accumulator
 * @param <T> the values
 * @param <A> the accumulators
 * @param <R> the results
 */
public record WindowedFold<T, A, R>(
    Class<T> type,
    KeyOf<T> key,
    WindowShape windows,
    Class<A> accumulatorType,
    A none,
    Combination<A, T> add,
    Combination<A, A> merge,
    Class<R> resultType,
    Results<A, R> results)
    implements Serializable {

  /** {@return one that counts values, which are their own keys} */
  public static <R> WindowedFold<Long, Long, R> counting(
      WindowShape windows, Class<R> resultType, Results<Long, R> results) {
    return new WindowedFold<>(
        Long.class,
        key -> key,
        windows,
        Long.class,
        0L,
        Count.OF_VALUES,
        Long::sum,
        resultType,
        results);
  }

  /** {@return whether it counts, for engines that have an operator of its own for that} */
  public boolean isCount() {
    return add instanceof Count;
  }

  private enum Count implements Combination<Long, Long> {
    OF_VALUES;

    @Override
    public Long with(Long count, Long value) {
      return count + 1;
    }
  }

  /** Adds something to an accumulator. */
  @FunctionalInterface
  public interface Combination<A, T> extends Serializable {

    /** {@return the accumulator with what is added} */
    A with(A accumulator, T added);
  }

  /** The function that makes results of the values of a key and window. */
  @FunctionalInterface
  public interface Results<A, R> extends Serializable {

    /**
     * {@return the results}
     *
     * @param startMs the start of the window, in milliseconds since the epoch
     * @param endMs its end, which is the first moment that is not in it
     */
    List<R> of(long key, long startMs, long endMs, A accumulator);
  }
}
