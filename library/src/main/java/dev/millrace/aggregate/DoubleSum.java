package dev.millrace.aggregate;

import dev.millrace.function.ToDoubleFunction;
import dev.millrace.serde.TypeRef;
import java.util.Optional;

/**
 * A sum of floating-point numbers whose rounding error is kept beside it, and how many there were.
 *
 * <p>Source: A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen,
 * ZAMM 54, 1974.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param sum what was added up
 * @param error what was lost in adding up
 * @param count how many numbers
 */
public record DoubleSum(double sum, double error, long count) {

  private static final TypeRef<DoubleSum> TYPE = TypeRef.of(DoubleSum.class);
  private static final TypeRef<Double> DOUBLE = TypeRef.of(Double.class);

  /** The sum of no numbers. */
  static final DoubleSum NONE = new DoubleSum(0, 0, 0);

  /** {@return the sum with one more number} */
  public DoubleSum plus(double number) {
    return plus(number, 0, 1);
  }

  /** {@return the sum of both} */
  public DoubleSum plus(DoubleSum other) {
    return plus(other.sum, other.error, other.count);
  }

  private DoubleSum plus(double number, double numberError, long numbers) {
    double total = sum + number;
    double lost =
        Math.abs(sum) >= Math.abs(number) ? (sum - total) + number : (number - total) + sum;
    return new DoubleSum(total, error + numberError + lost, count + numbers);
  }

  /** {@return the sum, rounded once} */
  public double total() {
    double total = sum + error;
    return Double.isNaN(total) ? sum : total;
  }

  /** The result that is made of a sum in the end. */
  enum Result {
    TOTAL,
    MEAN
  }

  record Of<T>(ToDoubleFunction<T> number, Result result)
      implements Aggregation<T, DoubleSum, Double> {

    @Override
    public DoubleSum create() {
      return NONE;
    }

    @Override
    public DoubleSum add(DoubleSum accumulator, T value) throws Exception {
      return accumulator.plus(number.apply(value));
    }

    @Override
    public DoubleSum merge(DoubleSum left, DoubleSum right) {
      return left.plus(right);
    }

    @Override
    public Double finish(DoubleSum accumulator) {
      double total = accumulator.total();
      return result == Result.MEAN ? total / accumulator.count() : total;
    }

    @Override
    public TypeRef<DoubleSum> accumulatorType() {
      return TYPE;
    }

    @Override
    public TypeRef<Double> resultType() {
      return DOUBLE;
    }

    @Override
    public Optional<RetractableAggregation<T, ?, Double>> retractable() {
      return Optional.of(new ExactSum.Of<>(number, result));
    }
  }
}
