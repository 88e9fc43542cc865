package dev.millrace.internal.operator.window;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import java.lang.reflect.Type;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * An aggregate whose functions may fail.
 *
 * @param naive what it makes of some values
 * @param shown its results, without what depends on the order of merges
 */
record FaultyAggregate(
    String name,
    FoldFunction function,
    Type accumulator,
    Type result,
    Function<List<Long>, Object> naive,
    UnaryOperator<Object> shown) {

  static final FaultyAggregate IN_PLACE =
      of("all in a list", new ListsInPlace(FaultyAggregate::doubled), FaultyAggregate::doubled);

  private static List<Long> doubled(List<Long> values) {
    return values.stream().sorted().map(value -> value * 2).toList();
  }

  static final List<FaultyAggregate> ALL =
      List.of(
          of("sum", Aggregates.sum(value -> value), FaultyAggregate::sum),
          of("count", Aggregates.count(), values -> (long) values.size()),
          of(
              "average",
              Aggregates.average(value -> value),
              values -> (double) sum(values) / values.size()),
          of(
              "min",
              Aggregates.min(Long.class, value -> value),
              values -> values.stream().min(Comparator.naturalOrder()).orElseThrow()),
          of(
              "distinct",
              Aggregates.distinct(Long.class, value -> value % 7),
              values -> new HashSet<>(values.stream().map(value -> value % 7).toList()),
              result -> new HashSet<>((Set<?>) result)),
          of(
              "countDistinct",
              Aggregates.countDistinct(Long.class, value -> value % 7),
              values -> values.stream().map(value -> value % 7).distinct().count()),
          of(
              "topN",
              Aggregates.topN(3, Long.class, value -> value),
              values -> values.stream().sorted(Comparator.reverseOrder()).limit(3).toList()),
          new FaultyAggregate(
              "reduce",
              FoldFunction.of((Long left, Long right) -> left + right),
              Long.class,
              Long.class,
              FaultyAggregate::sum,
              UnaryOperator.identity()),
          of(
              "toList",
              Aggregates.toList(Long.class),
              values -> values.stream().sorted().toList(),
              result -> ((List<?>) result).stream().sorted().toList()),
          IN_PLACE);

  private static long sum(List<Long> values) {
    return values.stream().mapToLong(value -> value).sum();
  }

  static FaultyAggregate of(
      String name, Aggregation<Long, ?, ?> aggregation, Function<List<Long>, Object> naive) {
    return of(name, aggregation, naive, UnaryOperator.identity());
  }

  static FaultyAggregate of(
      String name,
      Aggregation<Long, ?, ?> aggregation,
      Function<List<Long>, Object> naive,
      UnaryOperator<Object> shown) {
    return new FaultyAggregate(
        name,
        FoldFunction.of(aggregation),
        aggregation.accumulatorType().type(),
        aggregation.resultType().type(),
        naive,
        shown);
  }

  Fold fold(Faults faults, Faults finishes) {
    return new Fold(new Faulty(function, faults, finishes), accumulator, result, true);
  }

  /** Fails ahead of what it is given, or after it has been done. */
  private record Faulty(FoldFunction inner, Faults faults, Faults finishes)
      implements FoldFunction {

    @Override
    public Object first(Object value) throws Exception {
      faults.mayFail();
      Object first = inner.first(value);
      faults.mayFail();
      return first;
    }

    @Override
    public Object add(Object accumulator, Object value) throws Exception {
      faults.mayFail();
      Object sum = inner.add(accumulator, value);
      faults.mayFail();
      return sum;
    }

    @Override
    public Object merge(Object left, Object right) throws Exception {
      faults.mayFail();
      Object sum = inner.merge(left, right);
      faults.mayFail();
      return sum;
    }

    @Override
    public Object finish(Object accumulator) throws Exception {
      finishes.mayFail();
      return inner.finish(accumulator);
    }
  }
}
