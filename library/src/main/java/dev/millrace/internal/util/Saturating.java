package dev.millrace.internal.util;

/** Arithmetic that stops at both ends of the 64-bit range. */
public final class Saturating {

  private Saturating() {}

  /** {@return {@code a + b}} */
  public static long add(long a, long b) {
    long sum = a + b;
    if (((a ^ sum) & (b ^ sum)) < 0) {
      return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return sum;
  }

  /** {@return {@code a - b}} */
  public static long subtract(long a, long b) {
    long difference = a - b;
    if (((a ^ b) & (a ^ difference)) < 0) {
      return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return difference;
  }

  /** {@return the largest {@code n * step + offset} that is not above a value} */
  public static long floor(long value, long step, long offset) {
    return subtract(value, Math.floorMod(Math.floorMod(value, step) - offset, step));
  }

  /** {@return the greatest common divisor of two positive numbers, or the one if the other is 0} */
  public static long commonDivisor(long a, long b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }
}
