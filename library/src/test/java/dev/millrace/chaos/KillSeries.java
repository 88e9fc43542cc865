package dev.millrace.chaos;

import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * Three instances, of which one is killed again and again and started again at once; then the
 * results are checked.
 */
record KillSeries(TestBroker broker, Path directory, MembershipProtocol membership) {

  private static final int INSTANCES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  void run(int kills) throws Exception {
    long seed = Seeds.next("KillTest");
    long begun = System.nanoTime();
    Random random = new Random(seed);
    List<Long> recoveriesMs = new ArrayList<>();
    int beforeReady = 0;
    try (Ledger ledger = Ledger.start(broker, seed, 500)) {
      ledger.withFiles(directory.resolve("files")).under(membership);
      // The second and the third share a state directory, hence slots and tasks' stores.
      IntFunction<ChildInstance.Spec> specs =
          copy -> ledger.child(directory.resolve(copy == 0 ? "own" : "shared"));
      try (Copies copies = Copies.start(specs, INSTANCES, seed)) {
        ledger.awaitCaughtUp(PATIENCE);
        for (int kill = 0; kill < kills; kill++) {
          int victim = copies.any(random);
          // At work, just after its start, or in the middle of it.
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(3_000)));
          beforeReady += copies.isReady(victim) ? 0 : 1;
          copies.crash(victim);
          if (kill % 5 == 4) {
            recoveriesMs.add(ledger.awaitCaughtUp(PATIENCE).toMillis());
          }
        }
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
      }
      ledger.checkExactlyOnce();
      System.out.printf(
          "CHAOS KillTest: %s, %d kills (%d of them before the instance was ready), %d records, %.1f s,"
              + " caught up after %s ms (seed %d)%n",
          membership,
          kills,
          beforeReady,
          ledger.feed().ids().size(),
          (System.nanoTime() - begun) / 1e9,
          recoveriesMs,
          seed);
    }
  }
}
