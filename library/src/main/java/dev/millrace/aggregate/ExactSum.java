package dev.millrace.aggregate;

import dev.millrace.function.ToDoubleFunction;
import dev.millrace.serde.TypeRef;
import java.math.BigInteger;

/**
 * A sum of floating-point numbers without any rounding, {@code digits * 2^exponent}, and how many
 * there were. It does not depend on order, and a number that is taken back leaves nothing of
 * itself.
 *
 * <p>Numbers that are not finite are counted beside it, since nothing could be taken back from a
 * sum that has become infinite.
 *
 * <p>I1: equal sums are equal records: {@code digits} is odd, or zero with an exponent of zero.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param digits the sum of the finite numbers, as a multiple of a power of two
 * @param exponent of that power
 * @param count how many numbers were added, less those taken back
 * @param others those of them that are not finite
 */
record ExactSum(BigInteger digits, int exponent, long count, NotFinite others) {

  private static final TypeRef<ExactSum> TYPE = TypeRef.of(ExactSum.class);
  private static final TypeRef<Double> DOUBLE = TypeRef.of(Double.class);

  /** The sum of no numbers. */
  static final ExactSum NONE = new ExactSum(BigInteger.ZERO, 0, 0, NotFinite.NONE);

  /** The bits of a double after its leading one. */
  private static final int FRACTION_BITS = 52;

  private static final long FRACTION = (1L << FRACTION_BITS) - 1;

  /** The exponent of the last bit of numbers that are too small for a leading bit of their own. */
  private static final int SMALLEST_EXPONENT = Double.MIN_EXPONENT - FRACTION_BITS;

  /** More than a double has, so that what is cut off decides nothing but a tie. */
  private static final int ROUNDED_BITS = 62;

  /** {@return the sum with one more number, or with one taken back if {@code times} is -1} */
  ExactSum plus(double number, int times) {
    if (!Double.isFinite(number)) {
      return new ExactSum(digits, exponent, count + times, others.plus(number, times));
    }
    long bits = Double.doubleToRawLongBits(number);
    int biased = Math.getExponent(number);
    boolean isSmall = biased < Double.MIN_EXPONENT;
    long significand = (bits & FRACTION) | (isSmall ? 0 : 1L << FRACTION_BITS);
    return plus(
        BigInteger.valueOf(bits < 0 ? -times * significand : times * significand),
        isSmall ? SMALLEST_EXPONENT : biased - FRACTION_BITS,
        count + times,
        others);
  }

  /** {@return the sum of both} */
  ExactSum plus(ExactSum other) {
    return plus(other.digits, other.exponent, count + other.count, others.plus(other.others));
  }

  private ExactSum plus(BigInteger more, int moreExponent, long newCount, NotFinite newOthers) {
    if (more.signum() == 0) {
      return new ExactSum(digits, exponent, newCount, newOthers);
    }
    int shift = moreExponent - exponent;
    BigInteger sum =
        shift >= 0 ? digits.add(more.shiftLeft(shift)) : digits.shiftLeft(-shift).add(more);
    if (sum.signum() == 0) {
      return new ExactSum(BigInteger.ZERO, 0, newCount, newOthers);
    }
    int zeros = sum.getLowestSetBit();
    return new ExactSum(
        sum.shiftRight(zeros), Math.min(exponent, moreExponent) + zeros, newCount, newOthers);
  }

  /** {@return the sum, rounded once} */
  double total() {
    return others.areNone() ? rounded(digits, exponent, false) : others.sum();
  }

  /** {@return the mean, rounded once} */
  double mean() {
    if (!others.areNone()) {
      return others.sum();
    }
    int shift = Math.max(0, ROUNDED_BITS + Long.SIZE - digits.bitLength());
    BigInteger[] parts =
        digits.abs().shiftLeft(shift).divideAndRemainder(BigInteger.valueOf(count));
    double mean = rounded(parts[0], exponent - shift, parts[1].signum() != 0);
    return digits.signum() < 0 ? -mean : mean;
  }

  /**
   * Rounds half to even: the leading bits are kept, the last of them set if anything after them is.
   *
   * @param more whether the number is a little more than its digits
   */
  private static double rounded(BigInteger digits, int exponent, boolean more) {
    BigInteger all = digits.abs();
    int cut = Math.max(0, all.bitLength() - ROUNDED_BITS);
    long leading = all.shiftRight(cut).longValueExact();
    boolean rest = more || (cut > 0 && all.getLowestSetBit() < cut);
    double value = Math.scalb((double) (rest ? leading | 1 : leading), exponent + cut);
    return digits.signum() < 0 ? -value : value;
  }

  /** The counts of the numbers that are not finite, by their kind. */
  record NotFinite(long notNumbers, long infinities, long negativeInfinities) {

    static final NotFinite NONE = new NotFinite(0, 0, 0);

    NotFinite plus(double number, int times) {
      return Double.isNaN(number)
          ? new NotFinite(notNumbers + times, infinities, negativeInfinities)
          : number > 0
              ? new NotFinite(notNumbers, infinities + times, negativeInfinities)
              : new NotFinite(notNumbers, infinities, negativeInfinities + times);
    }

    NotFinite plus(NotFinite other) {
      return new NotFinite(
          notNumbers + other.notNumbers,
          infinities + other.infinities,
          negativeInfinities + other.negativeInfinities);
    }

    boolean areNone() {
      return notNumbers <= 0 && infinities <= 0 && negativeInfinities <= 0;
    }

    double sum() {
      if (notNumbers > 0 || (infinities > 0 && negativeInfinities > 0)) {
        return Double.NaN;
      }
      return infinities > 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }
  }

  /** The sum or the mean of a number over the records that are left. */
  record Of<T>(ToDoubleFunction<T> number, DoubleSum.Result result)
      implements RetractableAggregation<T, ExactSum, Double> {

    @Override
    public ExactSum create() {
      return NONE;
    }

    @Override
    public ExactSum add(ExactSum accumulator, T value) throws Exception {
      return accumulator.plus(number.apply(value), 1);
    }

    @Override
    public ExactSum retract(ExactSum accumulator, T value) throws Exception {
      return accumulator.plus(number.apply(value), -1);
    }

    @Override
    public ExactSum merge(ExactSum left, ExactSum right) {
      return left.plus(right);
    }

    @Override
    public Double finish(ExactSum accumulator) {
      return result == DoubleSum.Result.MEAN ? accumulator.mean() : accumulator.total();
    }

    @Override
    public TypeRef<ExactSum> accumulatorType() {
      return TYPE;
    }

    @Override
    public TypeRef<Double> resultType() {
      return DOUBLE;
    }
  }
}
