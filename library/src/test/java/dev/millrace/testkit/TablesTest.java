package dev.millrace.testkit;

import static dev.millrace.testkit.TableChains.check;
import static dev.millrace.testkit.TableChains.job;
import static dev.millrace.testkit.TableChains.settings;

import dev.millrace.testkit.TableChains.Chain;
import dev.millrace.testkit.TableChains.Feed;
import dev.millrace.testkit.TableChains.Settings;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Steps on tables and aggregates of their groups: random changes lead to the table that a naive
 * computation over the final rows gives, however the job runs and wherever it fails.
 */
final class TablesTest {

  @ParameterizedTest
  @EnumSource
  void theTableIsWhatANaiveRecomputationOfTheFinalRowsGives(Chain chain) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (Settings settings : settings()) {
      String said = chain + " with " + settings + ", seed " + seed;
      try (JobTest test = JobTest.builder(job(chain, settings)).seed(seed).build()) {
        Feed feed = new Feed(test, settings, seed);
        for (int batch = 0; batch < 6; batch++) {
          feed.send(15);
          test.run();
          check(test, chain.naive(feed.rows), said);
          if (batch % 2 == 1) {
            test.restart(batch == 3 ? LocalState.LOST : LocalState.KEPT);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFailureAtAnyCommitChangesNothing(Chain chain) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    for (CommitFailure failure : CommitFailure.values()) {
      Settings settings = settings().get(random.nextInt(settings().size()));
      int failing = random.nextInt(12);
      String said = chain + ", " + settings + ", " + failure + " at " + failing + ", seed " + seed;
      try (JobTest test = JobTest.builder(job(chain, settings)).instances(2).seed(seed).build()) {
        Feed feed = new Feed(test, settings, seed);
        for (int batch = 0; batch < 3; batch++) {
          feed.send(15);
          test.failCommit(test.commits() + failing, failure);
          test.run();
        }
        check(test, chain.naive(feed.rows), said);
      }
    }
  }
}
