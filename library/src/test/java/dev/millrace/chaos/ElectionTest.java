package dev.millrace.chaos;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Partitions get other leaders under load, also between the records of a transaction and its
 * marker; after each election a copy is started again and has to come up.
 */
final class ElectionTest extends OnThreeBrokers {

  private static final int COPIES = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void copiesComeUpAfterElectionsAndResultsAreExact() throws Exception {
    int elections = Integer.getInteger("chaos.elections", 30);
    long seed = Seeds.next("ElectionTest");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    int moved = 0;
    int aheadOfMarkers = 0;
    try (Ledger ledger = ledger(seed, 500)) {
      try (Copies copies = Copies.start(ledger, directory, COPIES, seed)) {
        for (int election = 0; election < elections; election++) {
          if (random.nextBoolean()) {
            moved += moveAheadOfMarker(ledger, copies, random);
            aheadOfMarkers++;
          } else {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(2_000)));
            moved += brokers.moveLeaders(ledger.input(), random);
            copies.restart(copies.any(random), random);
            copies.awaitReady();
          }
          ledger.awaitCaughtUp(PATIENCE);
        }
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
      }
      ledger.checkExactlyOnce();
      System.out.printf(
          "CHAOS ElectionTest: %s, %d elections (%d of them between records and marker), %d leaders"
              + " moved, %d records, %.1f s (seed %d)%n",
          membership,
          elections,
          aheadOfMarkers,
          moved,
          ledger.feed().ids().size(),
          (System.nanoTime() - begun) / 1e9,
          seed);
    }
  }

  /** A marker with another leader's epoch is the last that the job reads before a copy ends. */
  private int moveAheadOfMarker(Ledger ledger, Copies copies, Random random) {
    Random ofFeed = new Random(random.nextLong());
    int[] moved = {0};
    try (Feed.Break still =
        ledger
            .feed()
            .breakAheadOfMarker(() -> moved[0] = brokers.moveLeaders(ledger.input(), ofFeed))) {
      ledger.awaitCaughtUp(PATIENCE);
      // What was aborted does not come out; mostly it has been read by now.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1_000)));
      // In good order, which commits where the copy stands.
      int copy = copies.any(random);
      copies.stop(copy);
      copies.start(copy);
      copies.awaitReady();
    }
    return moved[0];
  }
}
