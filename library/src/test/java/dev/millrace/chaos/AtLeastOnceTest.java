package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At-least-once: whatever is killed, every record is reflected. */
@WithBroker
final class AtLeastOnceTest {

  private static final int KILLS = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void killsLoseNothing(TestBroker broker) throws Exception {
    long seed = Seeds.next("AtLeastOnceTest");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    List<ChildInstance> children = new ArrayList<>();
    List<ChildInstance.Spec> specs = new ArrayList<>();
    try (Ledger ledger = Ledger.start(broker, seed, 500)) {
      ledger.with("guarantee", "at-least-once");
      try {
        for (int i = 0; i < 2; i++) {
          specs.add(ledger.child(directory.resolve("state-" + i)));
          children.add(ChildInstance.start(specs.get(i)));
        }
        ledger.awaitCaughtUp(PATIENCE);
        for (int kill = 0; kill < KILLS; kill++) {
          int victim = random.nextInt(2);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(3_000)));
          children.get(victim).kill();
          children.set(victim, ChildInstance.start(specs.get(victim)));
          if (kill % 4 == 3) {
            ledger.awaitCaughtUp(PATIENCE);
          }
        }
        ledger.awaitEnd(PATIENCE);
        for (ChildInstance child : children) {
          child.awaitReady();
          assertThat(child.stop()).as("%s, see %s", child.failure(), child.log()).isZero();
        }
      } finally {
        children.forEach(ChildInstance::close);
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
