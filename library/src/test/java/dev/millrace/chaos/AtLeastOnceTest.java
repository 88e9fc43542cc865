package dev.millrace.chaos;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At-least-once: whatever is killed, every record is reflected. */
@WithBroker
final class AtLeastOnceTest {

  private static final int KILLS = Memberships.slowTestsRun() ? 8 : 4;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void killsLoseNothing(TestBroker broker) throws Exception {
    long seed = Seeds.next("AtLeastOnceTest");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    try (Ledger ledger = Ledger.start(broker, seed, 500)) {
      ledger.with("guarantee", "at-least-once");
      try (Copies copies = Copies.start(ledger, directory, 2, seed)) {
        for (int kill = 0; kill < KILLS; kill++) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(3_000)));
          copies.crash(copies.any(random));
          if (kill % 4 == 3) {
            ledger.awaitCaughtUp(PATIENCE);
          }
        }
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
      }
      ledger.checkNothingLost();
      System.out.printf(
          "CHAOS AtLeastOnceTest: %d kills, %d records, %d repeated, %.1f s (seed %d)%n",
          KILLS,
          ledger.feed().ids().size(),
          ledger.repeats(),
          (System.nanoTime() - begun) / 1e9,
          seed);
    }
  }
}
