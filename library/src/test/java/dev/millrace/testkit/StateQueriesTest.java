package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.connector.CircuitBreaker;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.internal.query.Pending;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.query.StateAnswer;
import dev.millrace.state.ValueState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions about state, and one thing that happens meanwhile. */
final class StateQueriesTest {

  @TempDir Path directory;

  private final Tallies rig = new Tallies();

  @AfterEach
  void killAll() {
    rig.killAll();
  }

  @Test
  void questionsThatWaitShareOneCommit() {
    rig.begin(Tallies.job(), 0);
    rig.send("a");
    rig.send("b");
    rig.pass(Duration.ofMillis(500));
    SteppedInstance instance = rig.driver().instances().get(0);
    long before = commits(instance, "tallies");
    List<Pending<StateAnswer<Tally>>> asked = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      asked.add(Tallies.query(instance).got(i % 2 == 0 ? "a" : "b"));
    }
    assertThat(asked).noneMatch(Pending::isDone);
    rig.pass(Duration.ofMillis(100));
    assertThat(asked).allMatch(Pending::isDone);
    assertThat(commits(instance, "tallies") - before).isEqualTo(1);
    StateAnswer<Tally> answer = Tallies.now(asked.get(0));
    assertThat(answer.value()).contains(new Tally("a", 1, 1, 1));
    assertThat(answer.position().task())
        .isEqualTo(Tallies.query(instance).taskOf("a").orElseThrow());
    assertThat(answer.position().transaction()).isPositive();
    assertThat(answer.position().offsets()).hasSize(1);
    assertThat(answer.position().asOf()).isAfter(Tallies.START);
    rig.pass(Duration.ofSeconds(1));
    assertThat(commits(instance, "tallies") - before).as("nobody asks any more").isEqualTo(1);
  }

  private static long commits(SteppedInstance instance, String stage) {
    return instance.workersByStage().get(stage).stream()
        .mapToLong(worker -> worker.metrics().commits())
        .sum();
  }

  @Test
  void anAnswerOfSomeAgeNeedsNoCommit() {
    rig.begin(Tallies.job(), 0);
    rig.send("a");
    rig.pass(Duration.ofMillis(500));
    SteppedInstance instance = rig.driver().instances().get(0);
    long before = commits(instance, "tallies");
    Pending<StateAnswer<Tally>> asked =
        Tallies.query(instance).maxAge(Duration.ofSeconds(5)).got("a");
    instance.workers().forEach(Worker::turn);
    assertThat(Tallies.count(Tallies.now(asked))).isEqualTo(1);
    assertThat(commits(instance, "tallies")).isEqualTo(before);
    rig.pass(Duration.ofSeconds(6));
    Pending<StateAnswer<Tally>> later =
        Tallies.query(instance).maxAge(Duration.ofSeconds(5)).got("a");
    instance.workers().forEach(Worker::turn);
    rig.pass(Duration.ofMillis(20));
    assertThat(Tallies.count(Tallies.now(later))).isEqualTo(1);
    assertThat(commits(instance, "tallies")).as("the last one is too old").isEqualTo(before + 1);
  }

  private static final class Keeping extends KeyedProcessFunction<String, Tally, String> {
    private final ValueState<Long> last = state.value("last", Long.class);

    @Override
    public void onRecord(Tally tally, Context context) {
      last.set(tally.last());
    }
  }

  /** A stage that has nothing to show commits after three seconds, if nobody asks. */
  @Test
  void workThatIsNotCommittedDoesNotShowAndAQuestionEndsItsWait() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(Tally::of)
        .keyBy(Tally::key)
        .process(Keeping::new)
        .name("kept")
        .to(KafkaSink.strings("out"));
    rig.begin(job, 0);
    rig.send("a");
    rig.pass(Duration.ofSeconds(5));
    SteppedInstance instance = rig.driver().instances().get(0);
    rig.send("a");
    rig.pass(Duration.ofMillis(300));
    LocalQuery<String, Long> query = instance.queries().of("kept.last", String.class, Long.class);
    Pending<StateAnswer<Long>> old = query.maxAge(Duration.ofMinutes(1)).got("a");
    instance.workers().forEach(Worker::turn);
    assertThat(Tallies.now(old).value()).contains(1L);
    Pending<StateAnswer<Long>> fresh = query.got("a");
    rig.pass(Duration.ofMillis(100));
    assertThat(Tallies.now(fresh).value()).contains(2L);
    assertThat(Tallies.now(fresh).position().transaction())
        .isEqualTo(Tallies.now(old).position().transaction() + 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void whoWasTakenForDeadDoesNotAnswer(String membership) {
    rig.begin(
        Tallies.job(),
        0,
        "membership",
        membership,
        "state.dir",
        directory.resolve("zombie").toString());
    for (int key = 0; key < Tallies.KEYS; key++) {
      rig.send("k" + key);
    }
    rig.pass(Duration.ofMillis(500));
    // On one disk it would have to wait for the zombie's stores.
    rig.driver()
        .configure(rig.driver().config().with("state.dir", directory.resolve("other").toString()));
    rig.driver().start();
    rig.pass(Duration.ofSeconds(1));
    SteppedInstance zombie = rig.driver().instances().get(0);
    SteppedInstance other = rig.driver().instances().get(1);
    List<String> keys = keysOf(zombie);
    assertThat(keys).isNotEmpty();
    int unawarePolls = 3;
    rig.driver().expel(0, unawarePolls);
    keys.forEach(rig::send);
    for (int i = 0; i < 500 && !haveCommitted(keys, 2); i++) {
      other.workers().forEach(Worker::turn);
      rig.clock.advance(Duration.ofMillis(20));
    }
    assertThat(haveCommitted(keys, 2)).as("the other instance has gone on").isTrue();
    rig.clock.advance(Duration.ofSeconds(5));
    List<Pending<StateAnswer<Tally>>> asked = new ArrayList<>();
    keys.forEach(key -> asked.add(Tallies.query(zombie).got(key)));
    keys.forEach(key -> asked.add(Tallies.query(zombie).maxAge(Duration.ofSeconds(3)).got(key)));
    for (int i = 0; i < unawarePolls; i++) {
      assertThat(keysOf(zombie)).as("it does not know").containsAll(keys);
      zombie.workers().forEach(Worker::turn);
      assertThat(asked).noneMatch(Pending::isDone);
      rig.clock.advance(Duration.ofMillis(20));
    }
    for (int i = 0; i < 500 && !asked.stream().allMatch(Pending::isDone); i++) {
      zombie.workers().forEach(Worker::turn);
      other.workers().forEach(Worker::turn);
      rig.clock.advance(Duration.ofMillis(20));
    }
    assertThat(asked).allMatch(Pending::isDone);
    for (Pending<StateAnswer<Tally>> each : asked) {
      assertThatThrownBy(() -> Tallies.now(each))
          .isInstanceOfSatisfying(
              StateUnavailableException.class,
              e -> assertThat(e.reason()).isIn(Reason.ELSEWHERE, Reason.RESTORING));
    }
  }

  private boolean haveCommitted(List<String> keys, long count) {
    Map<String, Tally> committed = rig.committed();
    return keys.stream().allMatch(key -> Tallies.tally(committed, key) >= count);
  }

  private static List<String> keysOf(SteppedInstance instance) {
    LocalQuery<String, Tally> query = Tallies.query(instance);
    List<String> keys = new ArrayList<>();
    for (int key = 0; key < Tallies.KEYS; key++) {
      if (query.localTasks().contains(query.taskOf("k" + key).orElseThrow())) {
        keys.add("k" + key);
      }
    }
    return keys;
  }

  @Test
  void aTaskThatIsElsewhereIsNamed() {
    rig.begin(Tallies.job(), 0);
    rig.send("a");
    rig.pass(Duration.ofMillis(500));
    rig.driver().start();
    rig.pass(Duration.ofSeconds(1));
    SteppedInstance first = rig.driver().instances().get(0);
    SteppedInstance second = rig.driver().instances().get(1);
    int task = Tallies.query(first).taskOf("a").orElseThrow();
    boolean firstHasIt = Tallies.query(first).localTasks().contains(task);
    assertThat(Tallies.query(firstHasIt ? second : first).localTasks()).doesNotContain(task);
    assertThatThrownBy(() -> Tallies.query(firstHasIt ? second : first).got("a"))
        .isInstanceOfSatisfying(
            StateUnavailableException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.ELSEWHERE);
              assertThat(e.mayBeElsewhere()).isTrue();
              assertThat(e.place().job()).contains("job");
              assertThat(e.place().stage()).contains("tallies");
              assertThat(e.place().task()).hasValue(task);
              assertThat(e.retryAfter()).isPositive();
            });
  }

  @Test
  void whoStopsRefuses() {
    rig.begin(Tallies.job(), 0);
    rig.send("a");
    rig.pass(Duration.ofMillis(500));
    Pending<StateAnswer<Tally>> asked = Tallies.query(rig.driver().instances().get(0)).got("a");
    rig.driver().stop(0);
    assertThatThrownBy(() -> Tallies.now(asked))
        .isInstanceOfSatisfying(
            StateUnavailableException.class, e -> assertThat(e.reason()).isEqualTo(Reason.STOPPED));
  }

  /** A system that refuses everything, after which its worker does nothing for a minute. */
  private record Refusing() implements WriterSink<String> {

    @Override
    public String name() {
      return "refusing";
    }

    @Override
    public Optional<CircuitBreaker> circuitBreaker() {
      return Optional.of(CircuitBreaker.after(1, Duration.ofMinutes(1)));
    }

    @Override
    public SinkWriter<String> open(SinkContext context) {
      return new IdleSinkWriter<>() {
        @Override
        public void write(String value, long timeMs) throws SinkUnavailableException {
          throw new SinkUnavailableException("it is down");
        }
      };
    }
  }

  @Test
  void whoWaitsForTheSystemOfASinkRefusesAndNamesTheTime() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(Tally::of)
        .keyBy(Tally::key)
        .reduce(Tally::with)
        .name("tallies")
        .changes()
        .map(change -> "changed")
        .to(new Refusing());
    rig.begin(job, 0);
    rig.send("a");
    rig.pass(Duration.ofMillis(500));
    Pending<StateAnswer<Tally>> asked = Tallies.query(rig.driver().instances().get(0)).got("a");
    rig.pass(Duration.ofMillis(10));
    assertThatThrownBy(() -> Tallies.now(asked))
        .isInstanceOfSatisfying(
            StateUnavailableException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.BUSY);
              assertThat(e.retryAfter()).isBetween(Duration.ofSeconds(50), Duration.ofMinutes(1));
            });
  }

  /** The commit is repeated, and the question waits for it. */
  @ParameterizedTest
  @ValueSource(strings = {"REFUSED", "ABORTED_UNKNOWN", "COMMITTED_UNKNOWN", "LATE_ANSWER"})
  void aCommitThatFailsDelaysAnAnswer(String fault) {
    rig.begin(Tallies.job(), 0);
    rig.send("a");
    rig.pass(Duration.ofMillis(500));
    boolean[] failed = {false};
    rig.cluster
        .kafka()
        .injectFaults(
            id -> {
              boolean now = id.contains("-tallies-") && !failed[0];
              failed[0] |= now;
              return now ? CommitFault.valueOf(fault) : CommitFault.NONE;
            });
    Pending<StateAnswer<Tally>> asked = Tallies.query(rig.driver().instances().get(0)).got("a");
    rig.pass(Duration.ofMillis(20));
    assertThat(failed[0]).isTrue();
    rig.pass(Duration.ofSeconds(2));
    assertThat(Tallies.count(Tallies.now(asked))).isEqualTo(1);
  }

  @Test
  void underAtLeastOnceAnAnswerWaitsForTheOffsets() {
    rig.begin(Tallies.job(), 0, "guarantee", "at-least-once");
    rig.send("a");
    rig.pass(Duration.ofMillis(500));
    Pending<StateAnswer<Tally>> asked = Tallies.query(rig.driver().instances().get(0)).got("a");
    rig.pass(Duration.ofMillis(100));
    assertThat(Tallies.count(Tallies.now(asked))).isEqualTo(1);
  }

  /** A key of which nobody knows the task is asked of all, within the time of one question. */
  @Test
  void howeverManyTasksAreAskedTheTimeIsOver() throws InterruptedException {
    Job job = Job.named("job");
    job.table(KafkaTable.strings("in", String.class))
        .name("rows")
        .mapValues(row -> row + "!")
        .to(KafkaSink.upsert("out"));
    rig.begin(job, 0, "workers", "2");
    rig.pass(Duration.ofSeconds(1));
    SteppedInstance instance = rig.driver().instances().get(0);
    LocalQuery<String, String> query =
        instance.queries().of("rows", String.class, String.class).timeout(Duration.ofHours(1));
    assertThat(query.localTasks()).containsExactly(0, 1);
    AtomicReference<RuntimeException> failure = new AtomicReference<>();
    Thread asking =
        new Thread(
            () -> {
              try {
                StateAnswer<String> ignored = query.get("absent");
              } catch (StateUnavailableException e) {
                failure.set(e);
              }
            });
    asking.setDaemon(true);
    asking.start();
    while (asking.isAlive() && asking.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    rig.clock.advance(Duration.ofHours(1));
    // The worker of the other task never comes to answer.
    Worker ofTheFirst =
        instance.workersByStage().get("rows").stream()
            .filter(worker -> worker.view().tasks().get(0).task() == 0)
            .findFirst()
            .orElseThrow();
    for (int i = 0; i < 20; i++) {
      ofTheFirst.turn();
      rig.clock.advance(Duration.ofMillis(5));
    }
    asking.join(Duration.ofSeconds(30).toMillis());
    assertThat(failure.get())
        .isInstanceOfSatisfying(
            StateUnavailableException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.BUSY);
              assertThat(e.place().task()).hasValue(1);
            });
  }
}
