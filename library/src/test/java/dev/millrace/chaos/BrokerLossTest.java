package dev.millrace.chaos;

import dev.millrace.chaos.ThreeBrokers.Loss;
import dev.millrace.config.MembershipProtocol;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Brokers are away: all of them for long while copies run, or one of them while a copy starts. */
@Tag("slow")
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
final class BrokerLossTest {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static ThreeBrokers brokers;

  private final MembershipProtocol membership;

  @TempDir Path directory;

  BrokerLossTest(MembershipProtocol membership) {
    this.membership = membership;
  }

  @BeforeAll
  static void start() {
    brokers = ThreeBrokers.start();
  }

  @AfterAll
  static void stop() {
    brokers.close();
  }

  @BeforeEach
  void heal() {
    brokers.heal();
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void copiesOutliveAllBrokers(Loss loss) throws Exception {
    Duration outage = Duration.ofSeconds(Integer.getInteger("chaos.outage.seconds", 90));
    long seed = Seeds.next("BrokerLossTest.copiesOutliveAllBrokers");
    try (Ledger ledger = Ledger.start(brokers.client(), seed, 300).under(membership)) {
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
            "CHAOS BrokerLossTest: %s, all brokers %s for %s, %d records, caught up %d ms after their"
                + " return (seed %d)%n",
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
    List<Long> readyMs = new ArrayList<>();
    try (Ledger ledger = Ledger.start(brokers.client(), seed, 300).under(membership)) {
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
          "CHAOS BrokerLossTest: %s, copies that start after a broker is %s are ready after %s ms"
              + " (seed %d)%n",
          membership, loss, readyMs, seed);
    }
  }
}
