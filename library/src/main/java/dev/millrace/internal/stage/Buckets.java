package dev.millrace.internal.stage;

/**
 * The bounds of a histogram: each is so many times the one before.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param first the smallest bound, 1 or more
 * @param timesLog2 the binary logarithm of the factor between two bounds
 * @param bounds how many there are; what is more than the last is in one more bucket
 */
record Buckets(long first, int timesLog2, int bounds) {

  /** 1 ms to a minute, each twice the one before. */
  static final Buckets OF_SHORT_TIMES = new Buckets(1_000_000, 1, 17);

  /** 1 ms to more than an hour, each twice the one before. */
  static final Buckets OF_LONG_TIMES = new Buckets(1_000_000, 1, 23);

  /** 1 to 16 million, each four times the one before. */
  static final Buckets OF_NUMBERS = new Buckets(1, 2, 13);

  /** 1 KiB to 1 GiB, each four times the one before. */
  static final Buckets OF_SIZES = new Buckets(1 << 10, 2, 11);

  /** {@return a bound} */
  long bound(int number) {
    return first << (number * timesLog2);
  }

  /** {@return the number of the smallest bound that a value does not exceed} */
  int of(long value) {
    if (value <= first) {
      return 0;
    }
    // value <= first * 2^n exactly if (value - 1) / first has n bits at most.
    int bits = Long.SIZE - Long.numberOfLeadingZeros((value - 1) / first);
    return Math.min((bits + timesLog2 - 1) / timesLog2, bounds);
  }
}
