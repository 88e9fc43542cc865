package dev.millrace.chaos;

import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import dev.millrace.devbroker.testing.TestBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * All brokers are away for longer than sessions and transactions last, and come back: copies go on
 * by themselves. {@link BrokerLossTest} does so for minutes, with brokers that are killed or hang.
 *
 * <p>One broker that is stopped, or killed, amid transactions loses the markers of some of them in
 * about half of all runs (KAFKA-20734).
 */
final class OutageTest {

  /** Sessions last three seconds. */
  private static final Duration OUTAGE = Duration.ofSeconds(7);

  private static final String TRANSACTION_TIMEOUT = "4s";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  @ParameterizedTest
  @ArgumentsSource(Memberships.class)
  void copiesOutliveTheirBroker(MembershipProtocol membership) throws Exception {
    long seed = Seeds.next("OutageTest");
    boolean killed = new Random(seed).nextBoolean();
    try (ChildKafka kafka = ChildKafka.start(BrokerOptions.singleNode());
        TestBroker broker = TestBroker.at(kafka.bootstrapServers());
        Ledger ledger =
            Ledger.start(broker, seed, 300)
                .with("transaction.timeout", TRANSACTION_TIMEOUT)
                .under(membership)) {
      try (Copies copies = Copies.start(ledger, directory, 2, seed)) {
        if (killed) {
          kafka.kill();
        } else {
          kafka.stop();
        }
        long gone = System.nanoTime();
        while (System.nanoTime() - gone < OUTAGE.toNanos()) {
          copies.assertNoneEnded();
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
        kafka.restart();
        long back = System.nanoTime();
        ledger.awaitCaughtUp(PATIENCE);
        long caughtUpMs = (System.nanoTime() - back) / 1_000_000;
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
        ledger.checkExactlyOnce();
        System.out.printf(
            "CHAOS OutageTest: %s, the broker %s and away for %s, %d records, caught up %d ms after"
                + " its return (seed %d)%n",
            membership,
            killed ? "killed" : "stopped",
            OUTAGE,
            ledger.feed().ids().size(),
            caughtUpMs,
            seed);
      }
    }
  }
}
