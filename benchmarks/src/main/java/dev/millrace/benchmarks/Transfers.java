package dev.millrace.benchmarks;

import java.util.Arrays;
import java.util.Random;

/**
 * Transfers of one unit between ten accounts within a minute, which arrive up to ten seconds late:
 * the same ones for the same seed and number.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class Transfers {

  static final int ACCOUNTS = 10;
  static final int SECONDS = 60;
  static final int DELAY_SECONDS = 10;

  private static final int ID_BITS = 24;

  private final byte[] from;
  private final byte[] to;

  /** Of each transfer, in the order of arrival, the microsecond and the id. */
  private final long[] arrivals;

  Transfers(int count, long seed) {
    if (count < 1 || count >= 1 << ID_BITS) {
      throw new IllegalArgumentException("Cannot make " + count + " transfers");
    }
    Random random = new Random(seed);
    from = new byte[count];
    to = new byte[count];
    arrivals = new long[count];
    for (int id = 0; id < count; id++) {
      double delay = random.nextDouble() * DELAY_SECONDS;
      from[id] = (byte) random.nextInt(ACCOUNTS);
      to[id] = (byte) random.nextInt(ACCOUNTS);
      long micros = second(id) * 1_000_000L + (long) (delay * 1e6);
      arrivals[id] = micros << ID_BITS | id;
    }
    Arrays.sort(arrivals);
  }

  int count() {
    return arrivals.length;
  }

  /** {@return the id of the n-th transfer that arrives} */
  int arriving(int n) {
    return (int) arrivals[n] & (1 << ID_BITS) - 1;
  }

  /** {@return the second of the minute in which a transfer was made} */
  int second(int id) {
    return (int) ((long) SECONDS * id / from.length);
  }

  /** {@return a transfer as the job reads it} */
  String json(int id) {
    return "{\"id\":"
        + id
        + ",\"from\":"
        + from[id]
        + ",\"to\":"
        + to[id]
        + ",\"amount\":1,\"second\":"
        + second(id)
        + "}";
  }

  /** {@return what each account has received} */
  long[] credits() {
    return perAccount(to);
  }

  /** {@return what each account has sent} */
  long[] debits() {
    return perAccount(from);
  }

  private static long[] perAccount(byte[] accounts) {
    long[] sums = new long[ACCOUNTS];
    for (byte account : accounts) {
      sums[account]++;
    }
    return sums;
  }
}
