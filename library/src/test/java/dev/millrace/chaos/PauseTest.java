package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An instance hangs for longer than its session lasts, loses its tasks to others, and wakes up in
 * the belief that nothing has happened.
 */
@WithBroker
final class PauseTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  @Tag("slow")
  void zombiesCorruptNothingAndWorkAgain(TestBroker broker) throws Exception {
    attack(broker, 4);
  }

  @Test
  @Tag("slow")
  void manyZombiesCorruptNothingAndWorkAgain(TestBroker broker) throws Exception {
    attack(broker, 50);
  }

  @Test
  @Tag("slow")
  void anInstanceThatHangsDoesNotKeepItsHostsStateToItself(TestBroker broker) throws Exception {
    long seed = Seeds.next("PauseTest.anInstanceThatHangsDoesNotKeepItsHostsStateToItself");
    List<ChildInstance> children = new ArrayList<>();
    try (Ledger ledger = Ledger.start(broker, seed, 600)) {
      ledger.with("session.timeout", "2s");
      try {
        for (int i = 0; i < 2; i++) {
          children.add(ChildInstance.start(ledger.child(directory.resolve("shared"))));
        }
        awaitBothAtWork(ledger);
        ChildInstance victim = children.get(0);
        victim.pause();
        long paused = System.nanoTime();
        Awaitility.await("the other has all tasks")
            .atMost(PATIENCE)
            .until(() -> ledger.tasks().size() == 1);
        ledger.awaitAllTasksMove(LedgerJob.TOTALS, PATIENCE);
        ledger.awaitAllTasksMove(LedgerJob.WINDOWS, PATIENCE);
        long takeoverMs = (System.nanoTime() - paused) / 1_000_000;
        assertThat(copiesOfTasks()).as("seed %s", seed).isNotEmpty();
        victim.resume();
        awaitBothAtWork(ledger);
        ledger.awaitEnd(PATIENCE);
        for (ChildInstance child : children) {
          assertThat(child.stop()).as("%s, see %s", child.failure(), child.log()).isZero();
        }
        assertThat(copiesOfTasks()).as("what the woken one left, seed %s", seed).isEmpty();
        System.out.printf(
            "CHAOS PauseTest: all tasks at work %d ms after a pause, on the same state (seed %d)%n",
            takeoverMs, seed);
      } finally {
        children.forEach(ChildInstance::close);
      }
      ledger.checkExactlyOnce();
    }
  }

  /** The tasks with more than one directory. */
  private Set<String> copiesOfTasks() throws IOException {
    Set<String> once = new TreeSet<>();
    Set<String> again = new TreeSet<>();
    try (Stream<Path> tasks = Files.walk(directory.resolve("shared"), 3)) {
      tasks
          .filter(path -> path.getParent().endsWith("tasks"))
          .map(path -> path.getFileName().toString().replaceAll("\\.[0-9]+$", ""))
          .filter(task -> !once.add(task))
          .forEach(again::add);
    }
    return again;
  }

  private void attack(TestBroker broker, int pauses) throws Exception {
    long seed = Seeds.next("PauseTest");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    List<Long> takeoversMs = new ArrayList<>();
    List<ChildInstance> children = new ArrayList<>();
    try (Ledger ledger = Ledger.start(broker, seed, 600)) {
      // Two state directories, so that stores move as well.
      ledger.with("session.timeout", "2s").withFiles(directory.resolve("files"));
      try {
        for (int i = 0; i < 2; i++) {
          children.add(ChildInstance.start(ledger.child(directory.resolve("state-" + i))));
        }
        awaitBothAtWork(ledger);
        for (int pause = 0; pause < pauses; pause++) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1_500)));
          ChildInstance victim = children.get(pause % 2);
          victim.pause();
          long paused = System.nanoTime();
          Awaitility.await("the paused instance loses its tasks")
              .atMost(PATIENCE)
              .until(() -> ledger.tasks().size() == 1);
          ledger.awaitCaughtUp(PATIENCE);
          takeoversMs.add((System.nanoTime() - paused) / 1_000_000);
          if (pause % 4 == 3) {
            // Beyond the timeout of transactions, too.
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(10));
          }
          victim.resume();
          awaitBothAtWork(ledger);
        }
        ledger.awaitEnd(PATIENCE);
        for (ChildInstance child : children) {
          assertThat(child.stop()).as("%s, see %s", child.failure(), child.log()).isZero();
        }
      } finally {
        children.forEach(ChildInstance::close);
      }
      ledger.checkExactlyOnce();
      System.out.printf(
          "CHAOS PauseTest: %d pauses, %d records, %.1f s, caught up %s ms after them (seed %d)%n",
          pauses, ledger.feed().ids().size(), (System.nanoTime() - begun) / 1e9, takeoversMs, seed);
    }
  }

  private static void awaitBothAtWork(Ledger ledger) {
    Awaitility.await("both instances have tasks of every keyed stage")
        .atMost(PATIENCE)
        .until(
            () -> {
              Map<String, Map<String, Integer>> tasks = ledger.tasks();
              return tasks.size() == 2
                  && tasks.values().stream()
                      .allMatch(
                          stages ->
                              stages.getOrDefault(LedgerJob.TOTALS, 0) > 0
                                  && stages.getOrDefault(LedgerJob.WINDOWS, 0) > 0);
            });
    ledger.awaitCaughtUp(PATIENCE);
  }
}
