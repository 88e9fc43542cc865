package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.RunningJob;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances come and go about every second, so that the groups hardly ever come to rest. */
@WithBroker
final class StormTest {

  private static final int DIRECTORIES = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  @Tag("slow")
  void resultsAreExactInAStormOfRebalances(TestBroker broker) throws Exception {
    storm(broker, 25);
  }

  @Test
  @Tag("slow")
  void resultsAreExactInALongStormOfRebalances(TestBroker broker) throws Exception {
    storm(broker, 300);
  }

  private void storm(TestBroker broker, int changes) throws Exception {
    long seed = Seeds.next("StormTest");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    Map<Integer, RunningJob> running = new TreeMap<>();
    long aborts = 0;
    long commits = 0;
    try (Ledger ledger = Ledger.start(broker, seed, 1_000)) {
      try {
        running.put(0, ledger.run(directory.resolve("0")));
        for (int change = 0; change < changes; change++) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1_000)));
          int number = random.nextInt(DIRECTORIES);
          RunningJob there = running.get(number);
          if (there == null) {
            running.put(number, ledger.run(directory.resolve(String.valueOf(number))));
          } else if (running.size() > 1) {
            there.close();
            assertThat(there.failure()).as("seed %s", seed).isEmpty();
            aborts += aborts(there);
            commits += commits(there);
            running.remove(number);
          }
          running
              .values()
              .forEach(each -> assertThat(each.failure()).as("seed %s", seed).isEmpty());
        }
        Duration calm = ledger.awaitCaughtUp(PATIENCE);
        ledger.awaitEnd(PATIENCE);
        for (RunningJob each : running.values()) {
          each.close();
          assertThat(each.failure()).as("seed %s", seed).isEmpty();
          aborts += aborts(each);
          commits += commits(each);
        }
        System.out.printf(
            "CHAOS StormTest: %d changes, %d records, %d commits, %d aborts, caught up after %d ms,"
                + " %.1f s (seed %d)%n",
            changes,
            ledger.feed().ids().size(),
            commits,
            aborts,
            calm.toMillis(),
            (System.nanoTime() - begun) / 1e9,
            seed);
      } finally {
        running.values().forEach(RunningJob::close);
      }
      ledger.checkExactlyOnce();
    }
  }

  private static long aborts(RunningJob job) {
    return job.metrics().stages().values().stream().mapToLong(stage -> stage.aborts()).sum();
  }

  private static long commits(RunningJob job) {
    return job.metrics().stages().values().stream().mapToLong(stage -> stage.commits()).sum();
  }
}
