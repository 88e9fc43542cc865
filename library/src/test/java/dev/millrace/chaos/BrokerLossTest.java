package dev.millrace.chaos;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.chaos.ThreeBrokers.Loss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Brokers are away: all of them for long while copies run, or one of them while a copy starts. */
final class BrokerLossTest extends OnThreeBrokers {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @ParameterizedTest
  @EnumSource(Loss.class)
  void copiesOutliveAllBrokers(Loss loss) throws Exception {
    String chosen = System.getProperty("chaos.loss", loss.name());
    assumeThat(chosen).as("-Dchaos.loss").isEqualTo(loss.name());
    Duration outage = Duration.ofSeconds(Integer.getInteger("chaos.outage.seconds", 90));
    long seed = Seeds.next("BrokerLossTest.copiesOutliveAllBrokers");
    try (Ledger ledger = ledger(seed, 300)) {
      try (Copies copies = Copies.start(ledger, directory, 2, seed)) {
        brokers.loseAll(loss);
        long gone = System.nanoTime();
        while (System.nanoTime() - gone < outage.toNanos()) {
          copies.assertNoneEnded();
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
        brokers.bringBackAll(loss);
        long back = System.nanoTime();
        brokers.awaitWhole();
        ledger.awaitCaughtUp(PATIENCE);
        long caughtUpMs = (System.nanoTime() - back) / 1_000_000;
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
        ledger.checkExactlyOnce();
        System.out.printf(
            "CHAOS BrokerLossTest: %s, all brokers %s for %s, %d records, caught up %d ms after"
                + " their return (seed %d)%n",
            membership, loss, outage, ledger.feed().ids().size(), caughtUpMs, seed);
      }
    }
  }

  /** Each broker in turn, since each coordinates other groups and transactions. */
  @ParameterizedTest
  @EnumSource(Loss.class)
  void aCopyStartsWithinSecondsOfTheLossOfABroker(Loss loss) throws Exception {
    long seed = Seeds.next("BrokerLossTest.aCopyStartsWithinSecondsOfTheLossOfABroker");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    List<Long> readyMs = new ArrayList<>();
    try (Ledger ledger = ledger(seed, 300)) {
      try (Copies copies = Copies.start(ledger, directory, 1, seed)) {
        for (int node = 0; node < 3; node++) {
          brokers.lose(loss, node);
          for (int copy = 1; copy <= 2; copy++) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(4_000)));
            copies.start(copy);
          }
          long started = System.nanoTime();
          copies.awaitReady();
          readyMs.add((System.nanoTime() - started) / 1_000_000);
          ledger.awaitCaughtUp(PATIENCE);
          brokers.bringBack(loss, node);
          brokers.awaitWhole();
          brokers.balanceLeaders();
          copies.stop(1);
          copies.kill(2);
        }
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
      }
      ledger.checkExactlyOnce();
      System.out.printf(
          "CHAOS BrokerLossTest: %s, copies that start after a broker is %s are ready after %s ms,"
              + " %d records, %.1f s (seed %d)%n",
          membership,
          loss,
          readyMs,
          ledger.feed().ids().size(),
          (System.nanoTime() - begun) / 1e9,
          seed);
    }
  }
}
