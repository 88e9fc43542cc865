package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimDeath;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tasks whose offsets or changelogs cannot be had for a while, or never. */
final class OpeningSurvivalTest {

  private final FaultyInstance rig = new FaultyInstance();

  /** What a task needs before it can open is asked for until it is answered. */
  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"NO_ANSWER", "MOVED", "BROKEN", "GENERAL"})
  void whatATaskNeedsIsAskedForAgain(Failure failure) {
    rig.send(300);
    rig.start();
    rig.settle();
    Random random = new Random(11);
    for (int i = 0; i < 5; i++) {
      rig.kill();
      rig.send(50);
      rig.start();
      rig.clients.inject(
          call -> {
            if (NEEDED.contains(call) && random.nextInt(4) > 0) {
              throw failure.exception();
            }
            return null;
          });
      rig.turnFor(Duration.ofSeconds(60));
      rig.clients.inject(FaultyClients.Faults.NONE);
      rig.settle();
      assertThat(rig.counts()).isEqualTo(rig.expected());
    }
  }

  private static final Set<Call> NEEDED =
      Set.of(
          new Call("stage", "committed"),
          new Call("admin", "listOffsets"),
          new Call("admin", "listConsumerGroupOffsets"));

  /**
   * An offset that a commit is just about to change is there a moment later: nobody looks for a
   * dead owner because of it.
   */
  @Test
  void anOffsetThatIsUndecidedForAMomentIsAskedForAgainAtOnce() {
    rig.send(300);
    rig.start();
    rig.settle();
    rig.kill();
    int[] undecided = {0};
    int[] searches = {0};
    long begin = rig.clock.nanos();
    rig.clients.inject(
        call -> {
          if (call.equals(new Call("stage", "committed")) && undecided[0] < 5) {
            undecided[0]++;
            rig.clock.advance(Duration.ofMillis(25));
            throw new TimeoutException("An offset is about to change");
          }
          searches[0] += call.equals(new Call("admin", "listConsumerGroupOffsets")) ? 1 : 0;
          return null;
        });
    rig.start();
    while (!rig.instance.workers().stream().allMatch(Worker::isStarted)) {
      boolean ignored = rig.turn();
      assertThat(rig.clock.nanos() - begin).isLessThan(Duration.ofSeconds(60).toNanos());
    }
    assertThat(undecided[0]).isEqualTo(5);
    assertThat(searches[0]).isZero();
  }

  /** The time until a dead owner is found must not grow with the number of its tasks. */
  @Test
  void offsetsOfManyTasksThatADeadOwnerHasLeftUndecidedAreNotWaitedForOneByOne() {
    rig.configure("workers", "1");
    rig.start(wide());
    rig.settle();
    rig.send(100);
    rig.kafka.injectFaults(
        id -> id.contains("-counts-") ? CommitFault.DEATH_BEFORE : CommitFault.NONE);
    assertThatThrownBy(rig::settle).isInstanceOf(SimDeath.class);
    rig.kafka.injectFaults(CommitFaults.NEVER);
    rig.killWithItsMachine();
    assertThat(rig.kafka.openTransactions()).isNotEmpty();
    long begin = rig.clock.nanos();
    rig.start(wide());
    while (!rig.instance.workers().stream().allMatch(Worker::isStarted)) {
      boolean ignored = rig.turn();
      assertThat(rig.clock.nanos() - begin).isLessThan(Duration.ofSeconds(60).toNanos());
    }
    assertThat(Duration.ofNanos(rig.clock.nanos() - begin)).isLessThan(Duration.ofSeconds(1));
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  // ------------------------------------------------------------------ tasks that open slowly

  /** {@return the job of {@link FaultyInstance#job}, with many tasks} */
  private static Job wide() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .parallelism(16)
        .count()
        .name("counts")
        .to(KafkaSink.upsert("out"));
    return job;
  }

  @ParameterizedTest
  @CsvSource({"10, 16, 16", "100, 3, 3", "1000, 1, 1"})
  void aWorkerPollsWhileItsTasksOpen(int openMs, int least, int most) {
    rig.configure("stage.counts.workers", "1");
    rig.send(300);
    for (int start = 0; start < 2; start++) {
      int[] sincePoll = {0};
      int[] mostSincePoll = {0};
      rig.openStoresIn(
          Duration.ofMillis(openMs),
          () -> mostSincePoll[0] = Math.max(mostSincePoll[0], ++sincePoll[0]));
      rig.start(wide());
      rig.clients.inject(
          call -> {
            sincePoll[0] = call.equals(new Call("stage", "poll")) ? 0 : sincePoll[0];
            if (call.equals(new Call("admin", "listOffsets"))) {
              rig.clock.advance(Duration.ofMillis(400)); // Slow answers leave no less time.
            }
            return null;
          });
      rig.settle();
      assertThat(mostSincePoll[0]).as("stores between two polls").isBetween(least, most);
      rig.send(50);
      rig.settle();
      assertThat(rig.counts()).isEqualTo(rig.expected());
      rig.kill();
    }
  }

  // ------------------------------------------------------------------ tasks that cannot open yet

  private static FaultyClients.Faults unreadableChangelog() {
    return call -> {
      if (call.equals(new Call("restore", "poll"))) {
        throw new KafkaException("Record batch at offset 3 is invalid");
      }
      return null;
    };
  }

  @Test
  void aChangelogThatCannotBeReadForAWhileIsReadLater() {
    rig.send(300);
    rig.start();
    rig.settle();
    rig.killWithItsMachine();
    rig.start();
    int[] polls = {0};
    FaultyClients.Faults unreadable = unreadableChangelog();
    rig.clients.inject(
        call -> {
          polls[0] += call.equals(new Call("restore", "poll")) ? 1 : 0;
          return unreadable.answer(call);
        });
    rig.turnFor(Duration.ofSeconds(40));
    int restoring = FaultyInstance.PARTITIONS;
    assertThat(polls[0]).as("attempts, with pauses").isBetween(10, 40 * restoring);
    assertThat(rig.instance.workersByStage().get("counts")).noneMatch(Worker::isStarted);
    assertThat(rig.instance.workersByStage().get("in")).allMatch(Worker::isStarted);
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.settle();
    rig.send(100);
    rig.settle();
    assertThat(rig.instance.workers()).allMatch(Worker::isStarted);
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  @Test
  void aChangelogThatCannotBeReadAtAllStopsTheWorkerInTheEnd() {
    rig.send(300);
    rig.start();
    rig.settle();
    rig.killWithItsMachine();
    rig.start();
    rig.clients.inject(unreadableChangelog());
    assertThatThrownBy(() -> rig.turnFor(Duration.ofSeconds(120)))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("Cannot restore stage 'counts'")
        .hasMessageContaining("topic job.counts.changelog")
        .hasMessageContaining("Record batch at offset 3 is invalid");
  }

  /** To a consumer it looks like one whose leader is away. */
  @Test
  void aChangelogThatIsDeletedWhileItIsReplayedIsNotWaitedFor() {
    rig.send(300);
    rig.start();
    rig.settle();
    rig.killWithItsMachine();
    rig.start();
    FaultyClients.Faults withoutLeader =
        call -> {
          if (call.client().equals("restore") && call.method().equals("poll")) {
            return ConsumerRecords.empty();
          }
          if (call.client().equals("restore") && call.method().equals("position")) {
            throw new TimeoutException("No answer in time");
          }
          return null;
        };
    rig.clients.inject(withoutLeader);
    rig.turnFor(Duration.ofSeconds(60));
    rig.kafka.connect(JobConfig.defaults()).admin().deleteTopics(List.of("job.counts.changelog"));
    assertThatThrownBy(() -> rig.turnFor(Duration.ofSeconds(60)))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("Cannot restore stage 'counts'")
        .hasMessageContaining("job.counts.changelog");
  }

  @Test
  void nobodyAsksForOpenTransactionsWhileARestoreComesFurther() {
    rig.send(300);
    rig.start();
    rig.settle();
    rig.killWithItsMachine();
    rig.start();
    Set<String> asked = new TreeSet<>();
    rig.clients.inject(
        call -> {
          if (call.client().equals("admin")) {
            asked.add(call.method());
          }
          return null;
        });
    rig.settle();
    assertThat(asked).doesNotContain("describeProducers");
  }

  /** It answers, but never within the wait that is enough for others. */
  @Test
  void aCoordinatorThatTakesASecondForEachAnswerIsWaitedFor() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.kill();
    rig.send(100);
    rig.start();
    rig.clients.inject(
        FaultyClients.Faults.byArguments(
            (call, arguments) -> {
              if (call.equals(new Call("stage", "committed"))) {
                long wait = ((Duration) arguments[1]).toMillis();
                rig.clock.sleepMs(Math.min(wait, 1_000));
                if (wait < 1_000) {
                  throw new TimeoutException("No answer in time");
                }
              }
              return null;
            }));
    rig.turnFor(Duration.ofSeconds(60));
    assertThat(rig.instance.workers()).allMatch(Worker::isStarted);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  /** Other tasks of the worker would wait that long for each offset that is undecided. */
  @Test
  void aCoordinatorThatHasBeenSlowIsNotGivenMuchTimeForEver() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.kill();
    rig.start();
    boolean[] slow = {true};
    Set<Long> waits = new TreeSet<>();
    rig.clients.inject(
        new FaultyClients.Faults() {
          @Override
          public Object answer(Call call) {
            return null;
          }

          @Override
          public Object answer(Call call, Object[] arguments) {
            if (call.equals(new Call("stage", "committed"))) {
              long wait = ((Duration) arguments[1]).toMillis();
              waits.add(wait);
              if (slow[0] && wait < 1_000) {
                rig.clock.sleepMs(wait);
                throw new TimeoutException("No answer in time");
              }
            }
            return null;
          }
        });
    rig.settle();
    assertThat(waits).contains(1_200L);
    slow[0] = false;
    waits.clear();
    int[] commits = {0};
    rig.kafka.injectFaults(id -> commits[0]++ == 0 ? CommitFault.REFUSED : CommitFault.NONE);
    rig.send(100);
    rig.settle();
    assertThat(waits).as("waits for offsets as tasks open again").containsExactly(25L);
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  // ------------------------------------------------------------------ what does stop a worker

  @Test
  void offsetsThatStayUndecidedAreGivenUpOnOnlyAfterAMinuteOfAnswers() {
    rig.configure("transaction.timeout", "15m");
    rig.send(100);
    rig.start();
    rig.settle();
    rig.dieWithAnOpenTransaction();
    rig.start();
    FaultyClients.Faults unfenced =
        FaultyClients.Faults.throwing(
            "fenceProducers", () -> new TimeoutException("No answer in time"));
    FaultyClients.Faults outage = rig.outage();
    // Half a minute of answers and then none for ten: nobody knows that anything hangs.
    rig.clients.inject(unfenced);
    rig.turnFor(Duration.ofSeconds(30));
    rig.clients.inject(outage);
    rig.turnFor(Duration.ofSeconds(300));
    rig.clients.inject(unfenced);
    rig.turnFor(Duration.ofSeconds(10));
    assertThatThrownBy(() -> rig.turnFor(Duration.ofSeconds(90)))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("undecided")
        .hasMessageContaining("kafka-transactions.sh");
  }

  /** A coordinator that has just come back may answer at first that there are no offsets. */
  @Test
  void offsetsThatAreMissingForAMomentAfterAnOutageAreNotTakenForLost() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.kill();
    rig.start();
    rig.clients.inject(rig.outage());
    rig.turnFor(Duration.ofSeconds(90));
    int[] asked = {0};
    rig.clients.inject(
        call -> call.equals(new Call("stage", "committed")) && ++asked[0] <= 4 ? Map.of() : null);
    rig.settle();
    rig.send(100);
    rig.settle();
    assertThat(asked[0]).isGreaterThan(4);
    assertThat(rig.counts()).isEqualTo(rig.expected());
    assertThat(List.copyOf(rig.instance.workers())).isNotEmpty();
  }
}
