package dev.millrace.chaos;

import dev.millrace.chaos.MatchesJob.Found;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * Instances are killed as by {@code kill -9} amid matches: none is lost and none comes twice, be
 * they complete, out of time, or kept waiting by others.
 */
@WithBroker
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
final class MatchesKillTest {

  private static final int PARTITIONS = 4;
  private static final int BATCH = 100;

  @Parameter MembershipProtocol membership;

  @TempDir Path directory;

  @Test
  void matchesAreExactAcrossTwoKills(TestBroker broker) {
    attack(broker, 2, 1_000);
  }

  @Test
  @Tag("slow")
  void matchesAreExactAcrossManyKills(TestBroker broker) {
    attack(broker, Integer.getInteger("chaos.kills", 50), 3_000);
  }

  /**
   * Kills one of two copies again and again, at work, just after its start or in the middle of it.
   */
  private void attack(TestBroker broker, int kills, int mostPauseMs) {
    long seed = Seeds.next("MatchesKillTest");
    long begun = System.nanoTime();
    Random random = new Random(seed);
    String job = broker.uniqueName("matches");
    String in = broker.createTopic(job + "-in", PARTITIONS);
    String out = broker.createTopic(job + "-out", 2);
    Purchases purchases = new Purchases(broker, in, PARTITIONS, random);
    Bursts bursts = new Bursts(purchases::send, BATCH, random);
    ChildInstance.Spec spec =
        ChildInstance.Spec.of(
                MatchesJob.class, broker, List.of("--job", job, "--in", in, "--out", out))
            .with("workers", "1")
            .with("membership", membership.name().toLowerCase(Locale.ROOT));
    try (CheckedSet<Found> found = new CheckedSet<>(broker, out, Found.class, each -> true, seed)) {
      try (Copies copies = Copies.start(spec, directory, 2, seed)) {
        bursts.sendFor(500);
        for (int kill = 0; kill < kills; kill++) {
          bursts.sendFor(random.nextInt(mostPauseMs));
          copies.crash(copies.any(random));
        }
        bursts.sendFor(500);
        purchases.end();
        found.await(purchases.found());
        copies.stopAll();
      }
      System.out.printf(
          "CHAOS MatchesKillTest: %s, %d kills, %d records, %s, %.1f s (seed %d)%n",
          membership,
          kills,
          purchases.count(),
          byKind(purchases.found()),
          (System.nanoTime() - begun) / 1e9,
          seed);
    }
  }

  private static Map<String, Long> byKind(Set<Found> found) {
    return found.stream()
        .collect(Collectors.groupingBy(Found::kind, TreeMap::new, Collectors.counting()));
  }
}
