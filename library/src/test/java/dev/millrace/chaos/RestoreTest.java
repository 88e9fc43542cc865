package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.RunningJob;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.OffsetsDivergedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

/** What an instance finds when it comes back, and what it makes of it. */
@WithBroker
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
final class RestoreTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final MembershipProtocol membership;

  @TempDir Path directory;

  RestoreTest(MembershipProtocol membership) {
    this.membership = membership;
  }

  @Test
  void anOrderlyRestartReplaysNothing(TestBroker broker) throws Exception {
    long seed = Seeds.next("RestoreTest.anOrderlyRestartReplaysNothing");
    try (Ledger ledger = Ledger.start(broker, seed, 1_500).under(membership)) {
      try (RunningJob first = ledger.run(directory)) {
        ledger.awaitMore(3_000, PATIENCE);
        assertThat(first.failure()).isEmpty();
      }
      long written = ledger.readChangelog(LedgerJob.TOTALS).records();
      try (RunningJob second = ledger.run(directory)) {
        ledger.awaitCaughtUp(PATIENCE);
        assertThat(restored(second, LedgerJob.TOTALS))
            .as("of %s records in the changelog, seed %s", written, seed)
            .isZero();
        assertThat(restored(second, LedgerJob.WINDOWS)).isZero();
        ledger.awaitEnd(PATIENCE);
        assertThat(second.failure()).isEmpty();
      }
      // Quiet by now: positions have passed the markers behind the last records.
      try (RunningJob third = ledger.run(directory)) {
        awaitTasks(ledger, 14);
        assertThat(third.failure()).isEmpty();
        assertThat(restored(third, LedgerJob.TOTALS)).isZero();
      }
      ledger.checkExactlyOnce();
    }
  }

  @Test
  void aKilledInstanceReplaysOnlyWhatItHadNotFlushed(TestBroker broker) throws Exception {
    long seed = Seeds.next("RestoreTest.aKilledInstanceReplaysOnlyWhatItHadNotFlushed");
    try (Ledger ledger = Ledger.start(broker, seed, 1_500).under(membership)) {
      long written;
      try (ChildInstance child = ChildInstance.start(ledger.child(directory))) {
        ledger.awaitMore(1, PATIENCE);
        Awaitility.await("every task's store of totals has been flushed twice")
            .atMost(PATIENCE)
            .until(() -> flushes(directory, LedgerJob.TOTALS).stream().allMatch(n -> n >= 2));
        child.kill();
        written = ledger.readChangelog(LedgerJob.TOTALS).records();
      }
      try (RunningJob second = ledger.run(directory)) {
        ledger.awaitCaughtUp(PATIENCE);
        long restored = restored(second, LedgerJob.TOTALS);
        System.out.printf(
            "CHAOS RestoreTest: %d of %d changelog records replayed after a kill%n",
            restored, written);
        assertThat(restored).as("of %s, seed %s", written, seed).isLessThan(written * 2 / 3);
        ledger.awaitEnd(PATIENCE);
      }
      ledger.checkExactlyOnce();
    }
  }

  @Test
  void tasksGoBackToWhereTheirStateIs(TestBroker broker) throws Exception {
    // Under the consumer protocol the broker places tasks, and knows nothing of state.
    assumeThat(membership).isEqualTo(MembershipProtocol.CLASSIC);
    long seed = Seeds.next("RestoreTest.tasksGoBackToWhereTheirStateIs");
    try (Ledger ledger = Ledger.start(broker, seed, 1_500).under(membership)) {
      try (RunningJob stays = ledger.run(directory.resolve("stays"))) {
        Map<String, Set<Integer>> before;
        try (RunningJob leaves = ledger.run(directory.resolve("leaves"))) {
          before = Map.copyOf(awaitHalves(ledger));
          ledger.awaitMore(3_000, PATIENCE);
          assertThat(leaves.failure()).isEmpty();
        }
        try (RunningJob returns = ledger.run(directory.resolve("leaves"))) {
          assertThat(awaitHalves(ledger)).as("seed %s", seed).isEqualTo(before);
          ledger.awaitCaughtUp(PATIENCE);
          long written = ledger.readChangelog(LedgerJob.TOTALS).records();
          assertThat(restored(returns, LedgerJob.TOTALS))
              .as("of %s, seed %s", written, seed)
              .isLessThan(written / 4);
          ledger.awaitEnd(PATIENCE);
          assertThat(returns.failure()).isEmpty();
        }
        assertThat(stays.failure()).isEmpty();
      }
      ledger.checkExactlyOnce();
    }
  }

  private static Map<String, Set<Integer>> awaitHalves(Ledger ledger) {
    Map<String, Set<Integer>> halves = new TreeMap<>();
    Awaitility.await("each instance has half of the tasks")
        .atMost(PATIENCE)
        .until(
            () -> {
              halves.clear();
              ledger
                  .placement()
                  .forEach(
                      (instance, stages) ->
                          halves.put(instance, stages.getOrDefault(LedgerJob.TOTALS, Set.of())));
              return halves.size() == 2
                  && halves.values().stream().allMatch(tasks -> tasks.size() == 2);
            });
    return halves;
  }

  @Test
  void aDeletedStateDirectoryIsRestoredWhole(TestBroker broker) throws Exception {
    long seed = Seeds.next("RestoreTest.aDeletedStateDirectoryIsRestoredWhole");
    try (Ledger ledger = Ledger.start(broker, seed, 1_500).under(membership)) {
      try (RunningJob first = ledger.run(directory.resolve("first"))) {
        ledger.awaitMore(3_000, PATIENCE);
        assertThat(first.failure()).isEmpty();
      }
      long written = ledger.readChangelog(LedgerJob.TOTALS).records();
      deleteTree(directory.resolve("first"));
      try (RunningJob second = ledger.run(directory.resolve("first"))) {
        ledger.awaitCaughtUp(PATIENCE);
        assertThat(restored(second, LedgerJob.TOTALS)).as("seed %s", seed).isEqualTo(written);
        ledger.awaitEnd(PATIENCE);
      }
      ledger.checkExactlyOnce();
    }
  }

  @Test
  void aChangelogThatWasCreatedAgainStopsTheJob(TestBroker broker) throws Exception {
    long seed = Seeds.next("RestoreTest.aChangelogThatWasCreatedAgainStopsTheJob");
    try (Ledger ledger = Ledger.start(broker, seed, 1_000).under(membership)) {
      try (RunningJob first = ledger.run(directory)) {
        ledger.awaitMore(200, PATIENCE);
        assertThat(first.failure()).isEmpty();
      }
      String changelog = ledger.job() + "." + LedgerJob.TOTALS + ".changelog";
      broker.admin().deleteTopics(List.of(changelog)).all().get(30, TimeUnit.SECONDS);
      assertThatThrownBy(() -> ledger.run(directory))
          .isInstanceOf(IncompatibleJobException.class)
          .hasMessageContaining("the changelog of stage 'totals' is gone")
          .hasMessageContaining("reset");
      // Nothing was created by the start that was refused; somebody else may do so.
      assertThat(broker.admin().listTopics().names().get(30, TimeUnit.SECONDS))
          .doesNotContain(changelog);
      broker.createTopic(changelog, Ledger.PARTITIONS);
      assertThatThrownBy(() -> ledger.run(directory)).isInstanceOf(IncompatibleJobException.class);
    }
  }

  @Test
  void offsetsThatSomebodyMovedStopTheJob(TestBroker broker) throws Exception {
    long seed = Seeds.next("RestoreTest.offsetsThatSomebodyMovedStopTheJob");
    try (Ledger ledger = Ledger.start(broker, seed, 1_000).under(membership)) {
      try (RunningJob first = ledger.run(directory)) {
        ledger.awaitMore(200, PATIENCE);
        assertThat(first.failure()).isEmpty();
      }
      String group = ledger.job() + "." + LedgerJob.TOTALS;
      TopicPartition moved = new TopicPartition(group + ".shuffle", 1);
      broker
          .admin()
          .alterConsumerGroupOffsets(group, Map.of(moved, new OffsetAndMetadata(1)))
          .all()
          .get(30, TimeUnit.SECONDS);
      try (RunningJob second = ledger.run(directory)) {
        assertThat(second.awaitTermination(PATIENCE)).isTrue();
        assertThat(second.failure()).isPresent();
        assertThat(second.failure().get())
            .isInstanceOf(OffsetsDivergedException.class)
            .hasMessageContaining(group)
            .hasMessageContaining("reset");
      }
    }
  }

  @Test
  void offsetsThatExpiredAreTakenFromTheFrames(TestBroker broker) throws Exception {
    long seed = Seeds.next("RestoreTest.offsetsThatExpiredAreTakenFromTheFrames");
    try (Ledger ledger = Ledger.start(broker, seed, 1_000).under(membership)) {
      try (RunningJob first = ledger.run(directory)) {
        ledger.awaitMore(500, PATIENCE);
        assertThat(first.failure()).isEmpty();
      }
      String group = ledger.job() + "." + LedgerJob.TOTALS;
      broker.admin().deleteConsumerGroups(List.of(group)).all().get(30, TimeUnit.SECONDS);
      try (RunningJob second = ledger.run(directory)) {
        ledger.awaitCaughtUp(PATIENCE);
        ledger.awaitEnd(PATIENCE);
        assertThat(second.failure()).isEmpty();
      }
      ledger.checkExactlyOnce();
    }
  }

  private static void awaitTasks(Ledger ledger, int atLeast) {
    Awaitility.await("tasks are assigned")
        .atMost(PATIENCE)
        .until(
            () ->
                ledger.tasks().values().stream()
                        .flatMap(stages -> stages.values().stream())
                        .mapToInt(Integer::intValue)
                        .sum()
                    >= atLeast);
  }

  private static long restored(RunningJob job, String stage) {
    return job.metrics().stage(stage).restoredRecords();
  }

  /** How many files RocksDB has flushed so far for each task of a stage, by their numbers. */
  private static List<Long> flushes(Path stateDir, String stage) {
    try (Stream<Path> paths = Files.walk(stateDir)) {
      Map<Path, Long> files =
          paths
              .filter(path -> path.toString().contains("/tasks/" + stage + "-"))
              .filter(path -> path.getFileName().toString().endsWith(".sst"))
              .collect(
                  java.util.stream.Collectors.groupingBy(
                      Path::getParent, java.util.stream.Collectors.counting()));
      return files.size() < Ledger.PARTITIONS ? List.of(0L) : List.copyOf(files.values());
    } catch (IOException | UncheckedIOException e) {
      return List.of(0L); // A file went away while it was looked at.
    }
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
