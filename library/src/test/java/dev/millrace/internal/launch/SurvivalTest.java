package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.MissingRightException;
import dev.millrace.error.NoProgressException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimDeath;
import java.lang.reflect.Constructor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.ListTransactionsResult;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Brokers go and come back; the instance runs on, and counts every word once. */
final class SurvivalTest {

  private final FaultyInstance rig = new FaultyInstance();

  // ------------------------------------------------------------------ outages

  @ParameterizedTest
  @ValueSource(ints = {5, 72, 90, 600})
  void anOutageOfAllBrokersIsWaitedOut(int seconds) {
    rig.send(100);
    rig.start();
    rig.settle();
    for (int i = 0; i < 3; i++) {
      rig.send(100);
      rig.turn(); // Something is under way.
      rig.clients.inject(rig.outage());
      rig.turnFor(Duration.ofSeconds(seconds));
      rig.clients.inject(FaultyClients.Faults.NONE);
      rig.settle();
      assertThat(rig.counts()).isEqualTo(rig.expected());
    }
  }

  @Test
  void anOutageWhileStateIsRestoredIsWaitedOut() {
    rig.send(500);
    rig.start();
    rig.settle();
    rig.kill();
    rig.send(100);
    rig.start();
    rig.clients.inject(rig.outage());
    rig.turnFor(Duration.ofSeconds(90));
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  /** A short transaction timeout makes a worker replace its producer often. */
  @Test
  void producersThatAreReplacedInAnOutageAreNotTakenForAnotherProcess() {
    rig.configure("transaction.timeout", "1s");
    rig.send(100);
    rig.start();
    rig.settle();
    rig.send(100);
    rig.clients.inject(
        call -> {
          // A new producer is there at once, and its commit has no answer either.
          if (call.method().equals("commitTransaction")) {
            rig.clock.sleepMs(500);
            throw new TimeoutException("No answer in time");
          }
          return null;
        });
    rig.turnFor(Duration.ofSeconds(120));
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  /** What happens once, after an outage, is not the twenty-first failure in a row. */
  @Test
  void abortsOfAnOutageAreForgotten() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.send(100);
    String[] failing = {"outage"};
    rig.clients.inject(
        call -> {
          if (call.method().equals("sendOffsetsToTransaction")) {
            throw failing[0].equals("outage")
                ? new TimeoutException("No answer in time")
                : new CommitFailedException("The group went on");
          }
          return null;
        });
    for (int i = 0; i < 200; i++) {
      rig.turn();
    }
    failing[0] = "group";
    rig.turn();
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  // ------------------------------------------------------------------ starts

  @ParameterizedTest
  @ValueSource(ints = {6, 60, 100})
  void aStartInAnOutageWaitsForItsEnd(int seconds) {
    rig.send(100);
    rig.clients.inject(rig.outageFor(Duration.ofSeconds(seconds)));
    rig.start();
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  /** The coordinator of transactions takes longer than the other brokers. */
  @Test
  void aWorkerWhoseCoordinatorIsAwayWaitsForIt() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.kill();
    rig.send(100);
    rig.clients.inject(initFailsFor(Duration.ofSeconds(60)));
    rig.start();
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  private FaultyClients.Faults initFailsFor(Duration time) {
    long end = rig.clock.nanos() + time.toNanos();
    return call -> {
      if (call.method().equals("initTransactions") && rig.clock.nanos() < end) {
        rig.clock.sleepMs(5_000);
        throw new TimeoutException("No answer in time");
      }
      return null;
    };
  }

  @Test
  void aStartThatWaitsTooLongNamesWhatItWaitedFor() {
    rig.clients.inject(rig.outage());
    assertThatThrownBy(rig::start)
        .isInstanceOf(KafkaUnreachableException.class)
        .hasMessageContaining("job 'job'")
        .hasMessageContaining("topics of the job")
        .hasMessageContaining("localhost:9092")
        .hasMessageContaining("startup.timeout");
    rig.clients.inject(initFailsFor(Duration.ofMinutes(10)));
    assertThatThrownBy(rig::start)
        .isInstanceOf(KafkaUnreachableException.class)
        .hasMessageContaining("manifest")
        .hasMessageContaining("startup.timeout");
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.start();
    rig.settle();
    rig.kill();
    rig.configure("startup.timeout", "20s");
    rig.clients.inject(initFailsFor(Duration.ofMinutes(10)));
    assertThatThrownBy(rig::start)
        .isInstanceOf(KafkaUnreachableException.class)
        .hasMessageContaining("coordinator of transactional id job-")
        .hasMessageContaining("startup.timeout (20000 ms)");
  }

  /** Every call of a start may fail at every attempt but the last. */
  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"NO_ANSWER", "MOVED", "BROKEN", "GENERAL"})
  void whateverFailsInAStartIsTriedAgain(Failure failure) {
    Set<String> failed = new TreeSet<>();
    for (int seed = 0; seed < 5; seed++) {
      FaultyInstance fresh = new FaultyInstance();
      Random random = new Random(seed);
      fresh.send(50);
      fresh.clients.inject(
          call -> {
            boolean local = !call.client().equals("admin") && LOCAL.contains(call.method());
            if (!local && random.nextInt(3) == 0) {
              failed.add(call.client() + "." + call.method());
              throw failure.exception.get();
            }
            return null;
          });
      fresh.start();
      fresh.clients.inject(FaultyClients.Faults.NONE);
      fresh.settle();
      assertThat(fresh.counts()).isEqualTo(fresh.expected());
    }
    assertThat(failed)
        .contains(
            "admin.describeFeatures",
            "admin.describeTopics",
            "admin.createTopics",
            "admin.alterConsumerGroupOffsets",
            "reader.endOffsets",
            "producer.initTransactions",
            "producer.commitTransaction");
  }

  /** Calls that do not talk to brokers, and those whose errors show at a later one. */
  private static final Set<String> LOCAL =
      Set.of(
          "assign",
          "seek",
          "seekToBeginning",
          "poll",
          "subscribe",
          "close",
          "beginTransaction",
          "send",
          "flush");

  @Test
  void aMissingRightEndsAStartAtOnce() {
    rig.clients.inject(
        call -> {
          if (call.method().equals("initTransactions")) {
            throw new TransactionalIdAuthorizationException("Not allowed");
          }
          return null;
        });
    assertThatThrownBy(rig::start)
        .isInstanceOf(MissingRightException.class)
        .hasMessageContaining("start job 'job'")
        .hasMessageContaining("--operation WRITE --transactional-id job-bootstrap");
  }

  /** A shuffle is the job's own: as long as nothing of it is committed, its beginning is known. */
  @Test
  void offsetsOfAShuffleThatWasNotReadYetMayBeGone() throws Exception {
    rig.start();
    rig.kill();
    rig.kafka
        .connect(JobConfig.defaults())
        .admin()
        .deleteConsumerGroups(List.of("job.counts"))
        .all()
        .get();
    rig.send(20);
    rig.start();
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  // ------------------------------------------------------------------ refusals

  @Test
  void aProgramThatIsRefusedLeavesNoTopics() throws Exception {
    rig.start();
    rig.settle();
    rig.kill();
    Set<String> before = rig.topics();
    Job other = Job.named("job");
    var words = other.source(KafkaSource.strings("in"));
    words.keyBy(word -> word).count().name("words").to(KafkaSink.upsert("out"));
    words.keyBy(word -> word.length()).count().name("lengths").to(KafkaSink.upsert("out"));
    assertThatThrownBy(() -> rig.start(other))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("--drop counts");
    assertThat(rig.topics()).isEqualTo(before);
  }

  @Test
  void aTopicOfAnotherSizeIsRefusedBeforeAnyIsCreated() throws Exception {
    rig.kafka.createTopic("job.counts.changelog", 7);
    Set<String> before = rig.topics();
    assertThatThrownBy(rig::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("7 partitions");
    assertThat(rig.topics()).isEqualTo(before);
  }

  @Test
  void aTopicThatIsGoneIsNotMadeAnewByAStart() throws Exception {
    rig.send(10);
    rig.start();
    rig.settle();
    rig.kill();
    rig.kafka.connect(JobConfig.defaults()).admin().deleteTopics(List.of("job.counts.changelog"));
    assertThatThrownBy(rig::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("changelog of stage 'counts' is gone");
    assertThat(rig.topics()).doesNotContain("job.counts.changelog");
  }

  @Test
  void rightsThatAreMissingAtTheCommitAreNamed() {
    rig.start();
    rig.settle();
    rig.send(10);
    rig.clients.inject(
        call -> {
          if (call.method().equals("sendOffsetsToTransaction")) {
            throw GroupAuthorizationException.forGroupId("job.in");
          }
          return null;
        });
    assertThatThrownBy(rig::settle)
        .isInstanceOfSatisfying(
            MissingRightException.class,
            missing -> {
              assertThat(missing)
                  .hasMessageContaining("stage 'in' of job 'job'")
                  .hasMessageContaining("--operation READ --group job.in");
              assertThat(missing.operation()).isEqualTo("READ");
              assertThat(missing.resource()).isEqualTo("group job.in");
            });
  }

  @Test
  void commitsThatAreRefusedOverAndOverNameTheStage() {
    rig.start();
    rig.settle();
    rig.send(10);
    rig.clients.inject(
        call -> {
          if (call.method().equals("sendOffsetsToTransaction")) {
            throw new CommitFailedException("The group went on");
          }
          return null;
        });
    assertThatThrownBy(rig::settle)
        .isInstanceOfSatisfying(
            NoProgressException.class, stuck -> assertThat(stuck.stage()).isEqualTo("in"))
        .hasMessageContaining("stage 'in' of job 'job'")
        .hasMessageContaining("its last 21 transactions")
        .hasMessageContaining("The group went on");
  }

  @Test
  void whatARebalanceMakesTheWorkerThrowIsNotTheClients() {
    rig.start();
    rig.settle();
    RecordException failure = new RecordException("Cannot process a record");
    rig.clients.inject(
        call -> {
          if (call.method().equals("poll")) {
            throw new KafkaException("User rebalance callback throws an error", failure);
          }
          return null;
        });
    assertThatThrownBy(rig::turn).isSameAs(failure);
  }

  // ------------------------------------------------------------------ calls that only help

  /** What a broker that vanishes half-way makes of a call. */
  enum Failure {
    NO_ANSWER(() -> new TimeoutException("No answer in time")),
    MOVED(() -> new CoordinatorNotAvailableException("It is moving")),
    BROKEN(() -> new UnknownServerException("Internal error")),
    GENERAL(() -> new KafkaException("Unexpected error in a response")),
    HALF_WAY(() -> new IllegalArgumentException("Unexpected key set")),
    NO_RIGHT(() -> new ClusterAuthorizationException("Not allowed"));

    private final Supplier<RuntimeException> exception;

    Failure(Supplier<RuntimeException> exception) {
      this.exception = exception;
    }
  }

  /** All that an instance asks beside its work. */
  private static final Set<String> AUXILIARY =
      Set.of(
          "describeProducers",
          "listTransactions",
          "fenceProducers",
          "describeConsumerGroups",
          "listConsumerGroupOffsets",
          "deleteRecords",
          "removeMembersFromConsumerGroup");

  @ParameterizedTest
  @EnumSource(Failure.class)
  void aCallThatOnlyHelpsStopsNobody(Failure failure) {
    rig.send(100);
    rig.start();
    rig.settle();
    dieWithAnOpenTransaction();
    Set<String> failed = new TreeSet<>();
    Random random = new Random(4);
    rig.start();
    rig.clients.inject(
        call -> {
          // Half of them, so that each chore gets at times to its second call.
          if (call.client().equals("admin")
              && AUXILIARY.contains(call.method())
              && random.nextBoolean()) {
            failed.add(call.method());
            throw failure.exception.get();
          }
          return null;
        });
    rig.turnFor(Duration.ofSeconds(45));
    rig.send(100);
    rig.turnFor(Duration.ofSeconds(240));
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
    rig.instance.stop();
    assertThat(failed).contains("listConsumerGroupOffsets", "deleteRecords", "describeProducers");
  }

  /** Kafka's own exception where a broker goes between the two steps of listTransactions. */
  @Test
  void aListOfTransactionsThatABrokerBreaksOffStopsNobody() {
    rig.send(100);
    rig.start();
    rig.settle();
    dieWithAnOpenTransaction();
    rig.start();
    int[] asked = {0};
    rig.clients.inject(
        call -> {
          if (call.method().equals("listTransactions") && ++asked[0] <= 5) {
            return brokenOff();
          }
          return null;
        });
    rig.settle();
    assertThat(asked[0]).isPositive();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  private static ListTransactionsResult brokenOff() throws ReflectiveOperationException {
    KafkaFutureImpl<Object> failed = new KafkaFutureImpl<>();
    failed.completeExceptionally(new IllegalArgumentException("Unexpected key set"));
    Constructor<ListTransactionsResult> constructor =
        ListTransactionsResult.class.getDeclaredConstructor(KafkaFuture.class);
    constructor.setAccessible(true);
    return constructor.newInstance(failed);
  }

  private void dieWithAnOpenTransaction() {
    rig.send(100);
    rig.kafka.injectFaults(id -> CommitFault.DEATH_BEFORE);
    try {
      rig.settle();
      throw new AssertionError("Nothing was committed");
    } catch (SimDeath expected) {
      rig.kafka.injectFaults(CommitFaults.NEVER);
    }
    rig.killWithItsMachine(); // Else the restarted instance would end it itself.
    assertThat(rig.kafka.openTransactions()).isNotEmpty();
  }

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
              throw failure.exception.get();
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
        new FaultyClients.Faults() {
          @Override
          public Object answer(Call call) {
            return null;
          }

          @Override
          public Object answer(Call call, Object[] arguments) {
            if (call.equals(new Call("stage", "committed"))) {
              long wait = ((Duration) arguments[1]).toMillis();
              rig.clock.sleepMs(Math.min(wait, 1_000));
              if (wait < 1_000) {
                throw new TimeoutException("No answer in time");
              }
            }
            return null;
          }
        });
    rig.turnFor(Duration.ofSeconds(60));
    assertThat(rig.instance.workers()).allMatch(Worker::isStarted);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  // ------------------------------------------------------------------ positions

  /** That nobody can say whether a position is lost is no failed transaction. */
  @Test
  void aPositionThatNobodyKnowsAboutIsAskedForUntilSomebodyDoes() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.clients.inject(
        call -> {
          if (call.equals(new Call("stage", "poll"))) {
            throw new OffsetOutOfRangeException(Map.of(new TopicPartition("in", 0), 50L));
          }
          if (call.method().equals("listOffsets")) {
            throw new UnknownServerException("Internal error");
          }
          return null;
        });
    rig.turnFor(Duration.ofSeconds(60));
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.send(100);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  // ------------------------------------------------------------------ care of an instance

  @Test
  void oneCallWithoutAnAnswerIsEnoughForOneRoundOfHousekeeping() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.clients.inject(rig.outage());
    rig.clock.advance(Duration.ofMinutes(2)); // Everything is due.
    for (int round = 0; round < 4; round++) {
      long begun = rig.clock.nanos();
      rig.instance.keepHouse();
      assertThat(Duration.ofNanos(rig.clock.nanos() - begun))
          .isLessThanOrEqualTo(Duration.ofSeconds(10));
    }
  }

  @Test
  void aStartThatFailsHalfWayClosesTheConsumersItHasMade() {
    int[] made = {0};
    int[] closed = {0};
    rig.clients.inject(
        call -> {
          if (call.equals(new Call("clients", "stageConsumer")) && ++made[0] == 2) {
            throw new IncompatibleJobException("Not this one");
          }
          closed[0] += call.equals(new Call("stage", "close")) ? 1 : 0;
          return null;
        });
    assertThatThrownBy(rig::start).hasMessageContaining("Not this one");
    assertThat(closed[0]).isEqualTo(1);
  }

  @Test
  void aWorkerHasStartedWhenItsTasksAreOpen() {
    rig.start();
    assertThat(rig.instance.workers()).noneMatch(Worker::isStarted);
    rig.settle();
    assertThat(rig.instance.workers()).allMatch(Worker::isStarted);
  }

  // ------------------------------------------------------------------ what does stop a worker

  @Test
  void offsetsThatStayUndecidedAreGivenUpOnOnlyAfterAMinuteOfAnswers() {
    rig.configure("transaction.timeout", "15m");
    rig.send(100);
    rig.start();
    rig.settle();
    dieWithAnOpenTransaction();
    rig.start();
    FaultyClients.Faults unfenced =
        call -> {
          if (call.method().equals("fenceProducers")) {
            throw new TimeoutException("No answer in time");
          }
          return null;
        };
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
