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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances are killed as by {@code kill -9}, at random moments, and started again at once. */
@WithBroker
final class KillTest {

  private static final int INSTANCES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void resultsAreExactAcrossTwentyKills(TestBroker broker) throws Exception {
    attack(broker, 20);
  }

  @Test
  @Tag("slow")
  void resultsAreExactAcrossHundredsOfKills(TestBroker broker) throws Exception {
    attack(broker, Integer.getInteger("chaos.kills", 300));
  }

  @Test
  void aRestartedInstanceIsBackBeforeItsSessionExpires(TestBroker broker) throws Exception {
    long seed = Seeds.next("KillTest.aRestartedInstanceIsBackBeforeItsSessionExpires");
    try (Ledger ledger = Ledger.start(broker, seed, 500)) {
      ledger.with("session.timeout", "40s");
      ChildInstance.Spec victim = ledger.child(directory.resolve("victim"));
      try (ChildInstance bystander = ChildInstance.start(ledger.child(directory.resolve("other")));
          ChildInstance first = ChildInstance.start(victim)) {
        Awaitility.await("both have tasks")
            .atMost(PATIENCE)
            .until(() -> ledger.tasks().values().stream().filter(s -> s.size() >= 4).count() == 2);
        ledger.awaitCaughtUp(PATIENCE);
        first.kill();
        long killed = System.nanoTime();
        try (ChildInstance second = ChildInstance.start(victim)) {
          second.awaitReady();
          long readyMs = (System.nanoTime() - killed) / 1_000_000;
          ledger.awaitCaughtUp(Duration.ofSeconds(25));
          System.out.printf(
              "CHAOS KillTest: ready %d ms after kill -9, caught up after %d ms (seed %d)%n",
              readyMs, (System.nanoTime() - killed) / 1_000_000, seed);
          ledger.awaitEnd(PATIENCE);
          assertThat(second.stop()).as(second.failure()).isZero();
        }
        assertThat(bystander.stop()).as(bystander.failure()).isZero();
      }
      ledger.checkExactlyOnce();
    }
  }

  private void attack(TestBroker broker, int kills) throws Exception {
    long seed = Seeds.next("KillTest");
    long begun = System.nanoTime();
    Random random = new Random(seed);
    List<ChildInstance> children = new ArrayList<>();
    List<ChildInstance.Spec> specs = new ArrayList<>();
    List<Long> recoveriesMs = new ArrayList<>();
    int beforeReady = 0;
    try (Ledger ledger = Ledger.start(broker, seed, 500)) {
      ledger.withFiles(directory.resolve("files"));
      try {
        for (int i = 0; i < INSTANCES; i++) {
          // The second and the third share a state directory, hence slots and tasks' stores.
          specs.add(ledger.child(directory.resolve(i == 0 ? "own" : "shared")));
          children.add(ChildInstance.start(specs.get(i)));
        }
        for (ChildInstance child : children) {
          child.awaitReady();
        }
        ledger.awaitCaughtUp(PATIENCE);
        for (int kill = 0; kill < kills; kill++) {
          int victim = random.nextInt(INSTANCES);
          // At work, just after its start, or in the middle of it.
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(3_000)));
          beforeReady += children.get(victim).isReady() ? 0 : 1;
          children.get(victim).kill();
          children.set(victim, ChildInstance.start(specs.get(victim)));
          if (kill % 5 == 4) {
            recoveriesMs.add(ledger.awaitCaughtUp(PATIENCE).toMillis());
          }
        }
        ledger.awaitEnd(PATIENCE);
        for (ChildInstance child : children) {
          child.awaitReady();
        }
        for (ChildInstance child : children) {
          assertThat(child.stop()).as("%s, see %s", child.failure(), child.log()).isZero();
        }
      } finally {
        children.forEach(ChildInstance::close);
      }
      ledger.checkExactlyOnce();
      System.out.printf(
          "CHAOS KillTest: %d kills (%d of them before the instance was ready), %d records, %.1f s,"
              + " caught up after %s ms (seed %d)%n",
          kills,
          beforeReady,
          ledger.feed().ids().size(),
          (System.nanoTime() - begun) / 1e9,
          recoveriesMs,
          seed);
    }
  }
}
