package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.RunningJob;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

/** Instances join and leave in good order, under load. */
@WithBroker
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
final class ScaleTest {

  private final MembershipProtocol membership;

  @TempDir Path directory;

  ScaleTest(MembershipProtocol membership) {
    this.membership = membership;
  }

  @Test
  void resultsAreExactWhileOneInstanceBecomesThreeAndOneAgain(TestBroker broker) throws Exception {
    long seed = Seeds.next("ScaleTest");
    try (Ledger ledger = Ledger.start(broker, seed, 1_500).under(membership)) {
      try (RunningJob one = ledger.run(directory.resolve("1"))) {
        ledger.awaitCaughtUp(Duration.ofSeconds(60));
        try (RunningJob two = ledger.run(directory.resolve("2"));
            RunningJob three = ledger.run(directory.resolve("3"))) {
          Awaitility.await("all instances have tasks")
              .atMost(Duration.ofSeconds(60))
              .until(() -> everyInstanceHasTasks(ledger, 3));
          ledger.awaitCaughtUp(Duration.ofSeconds(60));
          assertHealthy(two, seed);
          assertHealthy(three, seed);
          System.out.println("CHAOS ScaleTest: two " + two.metrics());
        }
        Awaitility.await("one instance has all tasks")
            .atMost(Duration.ofSeconds(60))
            .until(() -> everyInstanceHasTasks(ledger, 1));
        ledger.awaitCaughtUp(Duration.ofSeconds(60));
        ledger.awaitEnd(Duration.ofSeconds(60));
        assertHealthy(one, seed);
        System.out.println("CHAOS ScaleTest: one " + one.metrics());
      }
      ledger.checkExactlyOnce();
    }
  }

  private static void assertHealthy(RunningJob instance, long seed) {
    assertThat(instance.failure()).as("seed %s", seed).isEmpty();
    instance
        .metrics()
        .stages()
        .forEach(
            (stage, counters) ->
                assertThat(counters.aborts())
                    .as("aborts of %s, seed %s", stage, seed)
                    // A commit that meets the moment of a rebalance is repeated; there are some 16
                    // rebalances, since every worker joins and leaves by itself.
                    .isLessThanOrEqualTo(10));
  }

  private static boolean everyInstanceHasTasks(Ledger ledger, int instances) {
    Map<String, Map<String, Integer>> tasks = ledger.tasks();
    return tasks.size() == instances
        && tasks.values().stream()
            .allMatch(
                stages ->
                    stages.values().stream().mapToInt(Integer::intValue).sum()
                        >= (instances == 1 ? 14 : 3));
  }
}
