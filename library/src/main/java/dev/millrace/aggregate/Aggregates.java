package dev.millrace.aggregate;

import dev.millrace.function.MapFunction;
import dev.millrace.function.ToDoubleFunction;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.aggregate.LongSum;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.TypeRef;
import java.util.List;
import java.util.Set;

/**
 * The aggregates that come with Millrace.
 *
 * <p>All of them work on streams, windows and {@linkplain Aggregation#retractable() the groups of
 * tables}. A group of a table also loses records, so more has to be kept for it: where the result
 * depends on single values, all of them are kept, each once with its number of occurrences. Results
 * over a group depend on nothing but the records in it, and not on the order in which they came.
 * Values are recognised by {@code equals} there: a class without it is refused when the job is
 * built.
 *
 * <p><b>State.</b> Over the groups of a table {@code min}, {@code max} and {@code countDistinct} of
 * numbers, texts, UUIDs and times keep a large group as a row for each value, and {@code topN} as a
 * row for each such rank, so that a change costs the same however large the group is. All others
 * that keep values have a group in one row, which is written again with each commit that changes
 * it: meant for groups of some thousand.
 *
 * <p><b>Errors.</b> A function that returns null fails on its record.
 */
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
  public static <T> Aggregation<T, Long, Long> sum(ToLongFunction<T> number) {
    return new Sum<>(given("number", number));
  }

  /**
   * {@return the sum of a floating-point number over the records}
   *
   * <p>Rounding errors do not add up: the sum is kept with its compensation (Neumaier 1974). The
   * order in which records are added up still shows in the last digits.
   *
   * <p>Over the groups of a table the sum is exact and rounded once, so that a record which is
   * taken back leaves no trace, even if it was infinite or not a number.
   */
  public static <T> Aggregation<T, DoubleSum, Double> sumDouble(ToDoubleFunction<T> number) {
    return new DoubleSum.Of<>(given("number", number), DoubleSum.Result.TOTAL);
  }

  /** {@return the mean of a number over the records; over groups of a table as exact as the sum} */
  public static <T> Aggregation<T, DoubleSum, Double> average(ToDoubleFunction<T> number) {
    return new DoubleSum.Of<>(given("number", number), DoubleSum.Result.MEAN);
  }

  /**
   * {@return the smallest value that the function gives for the records}
   *
   * <p>Of values that compare as equal but are not equal, a stream yields the one that came first;
   * a group of a table yields the one whose text comes first, and of decimals the one with the
   * smallest scale.
   *
   * @throws dev.millrace.error.TypeInferenceException if the lambda does not show its type; name it
   *     with {@link #min(Class, MapFunction)} then
   */
  public static <T, C extends Comparable<? super C>> Aggregation<T, C, C> min(
      MapFunction<T, C> of) {
    return new Extreme<>(given("function", of), Extreme.Side.SMALLEST, Extreme.typeOf(of, "min"));
  }

  /** {@return the smallest value that the function gives for the records, of a type stated} */
  public static <T, C extends Comparable<? super C>> Aggregation<T, C, C> min(
      Class<C> type, MapFunction<T, C> of) {
    return new Extreme<>(
        given("function", of), Extreme.Side.SMALLEST, TypeRef.of(given("type", type)));
  }

  /**
   * {@return the largest value that the function gives for the records}
   *
   * <p>Of several that compare as equal, it is chosen as for {@link #min(MapFunction)}.
   *
   * @throws dev.millrace.error.TypeInferenceException if the lambda does not show its type; name it
   *     with {@link #max(Class, MapFunction)} then
   */
  public static <T, C extends Comparable<? super C>> Aggregation<T, C, C> max(
      MapFunction<T, C> of) {
    return new Extreme<>(given("function", of), Extreme.Side.LARGEST, Extreme.typeOf(of, "max"));
  }

  /** {@return the largest value that the function gives for the records, of a type stated} */
  public static <T, C extends Comparable<? super C>> Aggregation<T, C, C> max(
      Class<C> type, MapFunction<T, C> of) {
    return new Extreme<>(
        given("function", of), Extreme.Side.LARGEST, TypeRef.of(given("type", type)));
  }

  /**
   * {@return the distinct values that the function gives for the records, exactly: all of them are
   * kept}
   *
   * <p>The set has the order in which they came; over groups of a table their natural order, or the
   * order of their texts if they have none.
   */
  public static <T, C> Aggregation<T, Set<C>, Set<C>> distinct(
      Class<C> type, MapFunction<T, C> of) {
    return new Distinct<>(given("function", of), given("type", type));
  }

  /**
   * {@return the number of distinct values that the function gives for the records, exactly: all of
   * them are kept}
   */
  public static <T, C> Aggregation<T, Set<C>, Long> countDistinct(
      Class<C> type, MapFunction<T, C> of) {
    return new Distinct.Count<>(given("function", of), given("type", type));
  }

  /**
   * {@return all records, in the order in which they came; over groups of a table in their natural
   * order, or in the order of their texts if they have none}
   *
   * <p>The list is one row of state, which is written again with every record: meant for windows of
   * some hundred records. A row of more than a mebibyte is an error of the record that made it so.
   *
   * @param type the records
   */
  public static <T> Aggregation<T, List<T>, List<T>> toList(Class<T> type) {
    return new ToList<>(TypeRef.of(given("type", type)));
  }

  /** {@return as {@link #toList(Class)}, for records of a generic type} */
  public static <T> Aggregation<T, List<T>, List<T>> toList(TypeRef<T> type) {
    return new ToList<>(given("type", type));
  }

  /**
   * {@return the n records that a function ranks highest, the highest first}
   *
   * <p>Of records of equal rank those that came first are kept, among those of one partition. In a
   * group of a table they have their natural order, or the order of their texts if they have none;
   * there all records are kept, since any of them may become one of the highest.
   *
   * @param n how many, at least 1
   * @param type the records
   */
  public static <T, C extends Comparable<? super C>> Aggregation<T, List<T>, List<T>> topN(
      int n, Class<T> type, MapFunction<T, C> by) {
    return new TopN<>(n, given("type", type), given("rank", by));
  }

  private static <V> V given(String name, V value) {
    return Arguments.given("Cannot aggregate", name, value);
  }

  private record Sum<T>(ToLongFunction<T> number)
      implements RetractableAggregation<T, Long, Long>, LongSum<T> {

    @Override
    public Long create() {
      return 0L;
    }

    @Override
    public Long add(Long accumulator, T value) throws Exception {
      return Math.addExact(accumulator, number.apply(value));
    }

    @Override
    public Long retract(Long accumulator, T value) throws Exception {
      return Math.subtractExact(accumulator, number.apply(value));
    }

    @Override
    public boolean isNeutral(Long accumulator) {
      return accumulator == 0;
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
