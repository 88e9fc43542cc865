package dev.millrace.chaos;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Sends records in bursts, with pauses of any length in between.
 *
 * @param send sends so many records
 */
record Bursts(IntConsumer send, int size, Random random) {

  private static final int LONGEST_PAUSE_MS = 200;

  /** Goes on sending for a while. */
  void sendFor(int millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() - end < 0) {
      send.accept(size);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(LONGEST_PAUSE_MS)));
    }
  }
}
