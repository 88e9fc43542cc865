package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

/** Instances are killed as by {@code kill -9}, at random moments, and started again at once. */
@WithBroker
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
final class KillTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final MembershipProtocol membership;

  @TempDir Path directory;

  KillTest(MembershipProtocol membership) {
    this.membership = membership;
  }

  @Test
  void resultsAreExactAcrossKills(TestBroker broker) throws Exception {
    new KillSeries(broker, directory, membership).run(6);
  }

  @Test
  @Tag("slow")
  void resultsAreExactAcrossHundredsOfKills(TestBroker broker) throws Exception {
    new KillSeries(broker, directory, membership).run(Integer.getInteger("chaos.kills", 300));
  }

  @Test
  void aRestartedInstanceIsBackBeforeItsSessionExpires(TestBroker broker) throws Exception {
    // Only there are members static.
    assumeThat(membership).isEqualTo(MembershipProtocol.CLASSIC);
    long seed = Seeds.next("KillTest.aRestartedInstanceIsBackBeforeItsSessionExpires");
    try (Ledger ledger = Ledger.start(broker, seed, 500)) {
      ledger.with("session.timeout", "40s").under(membership);
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
}
