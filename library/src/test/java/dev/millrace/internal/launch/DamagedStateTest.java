package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.runtime.Question;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.FaultyStore;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.MapState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Local state turns out to be damaged after it was opened: it is restored from the changelog, the
 * instance runs on, and every word is counted once, whatever the error policy.
 */
final class DamagedStateTest {

  private final FaultyInstance rig = new FaultyInstance();
  private final Disk disk = new Disk();

  DamagedStateTest() {
    rig.wrapDisk(disk::on);
  }

  /** A disk on which calls of stores fail from some time on, until they are wiped. */
  private static final class Disk {

    private final Map<Path, List<String>> damaged = new HashMap<>();
    private int wiped;

    /** Damages all stores that there are. */
    void damage(String... calls) {
      damaged.replaceAll((store, before) -> List.of(calls));
    }

    StateStores on(StateStores sound) {
      return new StateStores() {
        @Override
        public StateStore open(Path taskDirectory) {
          damaged.putIfAbsent(taskDirectory, List.of());
          return store(taskDirectory, sound.open(taskDirectory));
        }

        @Override
        public void wipe(Path taskDirectory) {
          wiped++;
          damaged.put(taskDirectory, List.of());
          sound.wipe(taskDirectory);
        }

        @Override
        public void close() {
          sound.close();
        }
      };
    }

    private StateStore store(Path path, StateStore sound) {
      return FaultyStore.over(
          sound,
          call ->
              damaged.getOrDefault(path, List.of()).contains(call)
                  ? new DamagedStateException("Cannot read state: a checksum fails", null)
                  : null);
    }
  }

  /** What it emits, as it is written to the topic. */
  record Counted(String word, long count) {
    @Override
    public String toString() {
      return Long.toString(count);
    }
  }

  /** Counts words in a state that its own code reads. */
  static final class Counter extends KeyedProcessFunction<String, String, Counted> {
    private final MapState<String, Long> counts = state.map("counts", String.class, Long.class);

    @Override
    public void onRecord(String word, Context context) {
      Long before = counts.value(word);
      long now = before == null ? 1 : before + 1;
      counts.put(word, now);
      context.emit(new Counted(word, now));
    }
  }

  /** Does without its state where that cannot be read. */
  static final class CarelessCounter extends KeyedProcessFunction<String, String, Counted> {
    private final MapState<String, Long> counts = state.map("counts", String.class, Long.class);

    @Override
    public void onRecord(String word, Context context) {
      try {
        Long before = counts.value(word);
        long now = before == null ? 1 : before + 1;
        counts.put(word, now);
        context.emit(new Counted(word, now));
      } catch (RuntimeException e) {
        context.emit(new Counted("unknown", 1));
      }
    }
  }

  private static Job process(
      ErrorPolicy policy, Supplier<KeyedProcessFunction<String, String, Counted>> function) {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .process(function)
        .name("counts")
        .onError(policy)
        .to(KafkaSink.<Counted>strings("out").key(Counted::word));
    return job;
  }

  private void run(Job job) {
    rig.send(100);
    rig.start(job);
    rig.settle();
  }

  private void assertThatAllIsCountedAndRestored() {
    rig.send(100);
    rig.settle();
    rig.send(100);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
    assertThat(disk.wiped).as("stores that were restored").isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"get multiGet", "write", "checkpoint"})
  void theChangelogReplacesWhatIsDamagedWhenTasksOpen(String calls) {
    run(FaultyInstance.job());
    rig.kill();
    disk.damage(calls.split(" "));
    run(FaultyInstance.job());
    assertThatAllIsCountedAndRestored();
  }

  @ParameterizedTest
  @ValueSource(strings = {"get multiGet", "write"})
  void theChangelogReplacesWhatIsDamagedWhileTasksRun(String calls) {
    runWithoutRowsInMemory(FaultyInstance.job());
    disk.damage(calls.split(" "));
    assertThatAllIsCountedAndRestored();
  }

  private void runWithoutRowsInMemory(Job job) {
    run(job);
    rig.kill();
    rig.start(job);
    rig.settle();
  }

  /** The rows that it reads may be read by nobody else for long. */
  @Test
  void whoeverAsksForWhatIsDamagedGetsItFromTheChangelog() throws InterruptedException {
    runWithoutRowsInMemory(FaultyInstance.job());
    disk.damage("scan");
    List<Question<Integer>> questions = new ArrayList<>();
    for (Worker worker : rig.instance.workersByStage().get("counts")) {
      for (int task : worker.tasks()) {
        Question<Integer> question = new Question<>(task, Duration.ofDays(1), this::rows);
        questions.add(question);
        worker.ask(question);
      }
    }
    rig.settle();
    int rows = 0;
    for (Question<Integer> question : questions) {
      Question.Answer<Integer> answer = question.await(Duration.ZERO);
      assertThat(answer).isNotNull();
      rows += answer.content();
    }
    assertThat(rows).isEqualTo(rig.expected().size());
    assertThatAllIsCountedAndRestored();
  }

  private int rows(CommittedTask task) {
    try (RowIterator scan = task.rows("counts").scan(new byte[0], null)) {
      int rows = 0;
      while (scan.next()) {
        rows++;
      }
      return rows;
    }
  }

  @ParameterizedTest
  @EnumSource(ErrorPolicy.Action.class)
  void noErrorPolicyForRecordsTakesTheDamage(ErrorPolicy.Action action) {
    runWithoutRowsInMemory(process(new ErrorPolicy(action, 0, Duration.ZERO), Counter::new));
    disk.damage("get", "multiGet");
    assertThatAllIsCountedAndRestored();
    for (Worker worker : rig.instance.workers()) {
      assertThat(worker.metrics().skippedRecords()).isZero();
      assertThat(worker.metrics().deadLetters()).isZero();
    }
  }

  @Test
  void aFunctionThatDoesWithoutItsStateCommitsNothing() {
    runWithoutRowsInMemory(process(ErrorPolicy.fail(), CarelessCounter::new));
    disk.damage("get", "multiGet");
    assertThatAllIsCountedAndRestored();
  }
}
