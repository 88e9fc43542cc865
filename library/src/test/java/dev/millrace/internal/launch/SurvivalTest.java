package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.sim.WithoutLeader;
import java.lang.reflect.Constructor;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.ListTransactionsResult;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
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

  /** {@return how many reports the instance sends within a minute in which calls fail so} */
  private int reportsWhile(FaultyClients.ByArguments faults) {
    int[] reports = {0};
    rig.clients.inject(counting(reports, faults));
    rig.turnFor(Duration.ofMinutes(1));
    return reports[0];
  }

  private static FaultyClients.Faults counting(int[] reports, FaultyClients.ByArguments faults) {
    return FaultyClients.Faults.byArguments(
        (call, arguments) -> {
          boolean isReport =
              call.method().equals("send")
                  && ((ProducerRecord<?, ?>) arguments[0]).topic().equals("job.status");
          reports[0] += isReport ? 1 : 0;
          return faults.answer(call, arguments);
        });
  }

  private Object withoutMetaTopic(FaultyClients.Call call, Object[] arguments) {
    if (call.method().equals("endOffsets")
        && ((Collection<?>) arguments[0]).contains(new TopicPartition("job.meta", 0))) {
      rig.clock.sleepMs(5_000);
      throw new TimeoutException("No answer in time");
    }
    return null;
  }

  /** The topic may have lost its leader while all others have theirs. */
  @Test
  void anInstanceKeepsHouseWhileItsOrdersCannotBeRead() {
    rig.start();
    rig.settle();
    int reports = reportsWhile(this::withoutMetaTopic);
    assertThat(reports).as("half of the time is left for it").isGreaterThan(10);
  }

  /** It asks for the end of its run all the time, and each question may take as long. */
  @Test
  void aRunWithAnEndKeepsHouseWhileItsEndCannotBeRead() {
    rig.configure("until.end", "true");
    rig.send(100);
    rig.start();
    int[] reports = {0};
    rig.clients.inject(counting(reports, this::withoutMetaTopic));
    long end = rig.clock.nanos() + Duration.ofMinutes(1).toNanos();
    while (rig.clock.nanos() < end) {
      rig.turn();
      assertThat(rig.instance.isFinished()).isFalse();
    }
    assertThat(reports[0]).as("half of the time is left for it").isGreaterThan(10);
    rig.clients.inject(FaultyClients.Faults.NONE);
    boolean finished = false;
    for (int turns = 0; !finished && turns < 1_000; turns++) {
      rig.turn();
      finished = rig.instance.isFinished();
    }
    assertThat(finished).isTrue();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  /** It would look dead now and then, if it waited for each look at the lag as long as it can. */
  @Test
  void anInstanceReportsInTimeWhileAShuffleHasNoLeader() throws Exception {
    rig.start();
    TopicPartition lost = new TopicPartition("job.counts.shuffle", 0);
    assertThat(rig.topics()).contains(lost.topic());
    rig.kafka.injectFaults(new WithoutLeader(lost::equals));
    int reports =
        reportsWhile(
            (call, arguments) -> {
              if (call.method().equals("listOffsets")
                  && ((Map<?, ?>) arguments[0]).containsKey(lost)) {
                rig.clock.sleepMs(10_000);
                throw new TimeoutException("No answer in time");
              }
              return null;
            });
    assertThat(reports).as("only the first look is waited for").isGreaterThan(15);
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

  /** A coordinator that moves, or has just started, refuses many commits within a few seconds. */
  @ParameterizedTest
  @ValueSource(strings = {"CommitFailedException", "UnknownServerException"})
  void commitsThatAreRefusedForLessThanAMinuteAreRepeated(String refusal) {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.send(100);
    int[] refused = {0};
    rig.clients.inject(
        call -> {
          if (call.method().equals("sendOffsetsToTransaction")) {
            refused[0]++;
            throw refusal.equals("CommitFailedException")
                ? new CommitFailedException("The group went on")
                : new UnknownServerException("Internal error");
          }
          return null;
        });
    rig.turnFor(Duration.ofSeconds(50));
    assertThat(refused[0]).isGreaterThan(40);
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  // ------------------------------------------------------------------ polls

  private static final Call POLL = new Call("stage", "poll");

  private static final KafkaException NOT_PROVIDED_FOR =
      new KafkaException("Unexpected error from SyncGroup: The coordinator is loading");

  @Test
  void pollsThatFailForWantOfAnAnswerAreWaitedOut() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.send(100);
    rig.turn(); // Something is under way.
    int[] failed = {0};
    rig.clients.inject(
        call -> {
          if (call.equals(POLL)) {
            throw ++failed[0] % 2 == 0 ? new TimeoutException("late") : new DisconnectException();
          }
          return null;
        });
    rig.turnFor(Duration.ofMinutes(5));
    assertThat(failed[0]).isBetween(100, 5 * 60 * 20);
    rig.clients.inject(FaultyClients.Faults.NONE);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  /** At any time: while tasks are handed out and opened, and amid the work. */
  @Test
  void singlePollsMayFailInWhateverWayPasses() {
    List<KafkaException> passing =
        List.of(
            NOT_PROVIDED_FOR,
            new StaleMemberEpochException("The member has another epoch"),
            new UnknownMemberIdException("The member was missed"),
            new TimeoutException("late"));
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      FaultyInstance rig = new FaultyInstance();
      int[] left = {15};
      rig.clients.inject(
          call -> {
            if (call.equals(POLL) && random.nextInt(3) == 0 && left[0]-- > 0) {
              throw passing.get(random.nextInt(passing.size()));
            }
            return null;
          });
      rig.send(50);
      rig.start();
      for (int i = 0; i < 10; i++) {
        rig.turn();
        rig.send(10);
      }
      rig.settle();
      assertThat(left[0]).as("seed %d", seed).isNotPositive();
      assertThat(rig.counts()).as("seed %d", seed).isEqualTo(rig.expected());
    }
  }

  /** Even if other polls go through: what cannot be read may be one partition of many. */
  @Test
  void anAnswerThatNobodyUnderstandsIsNotWaitedForWithoutEnd() {
    rig.send(100);
    rig.start();
    rig.settle();
    boolean[] fails = {false};
    rig.clients.inject(
        call -> {
          if (call.equals(POLL) && (fails[0] ^= true)) {
            throw NOT_PROVIDED_FOR;
          }
          return null;
        });
    assertThatThrownBy(() -> rig.turnFor(Duration.ofMinutes(1)))
        .isInstanceOf(MillraceException.class)
        .hasCause(NOT_PROVIDED_FOR)
        .hasMessageContaining("The coordinator is loading");
  }

  /** A task that a rebalance has given half would never be read. */
  @Test
  void anErrorAmidARebalanceIsNotWaitedOut() {
    rig.send(100);
    rig.clients.inject(
        call -> {
          if (call.equals(new Call("stage", "pause"))) {
            throw new TimeoutException("late");
          }
          return null;
        });
    rig.start();
    assertThatThrownBy(rig::settle)
        .isInstanceOf(MillraceException.class)
        .hasRootCauseInstanceOf(TimeoutException.class);
  }

  // ------------------------------------------------------------------ calls that only help

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
    rig.dieWithAnOpenTransaction();
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
            throw failure.exception();
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
    rig.dieWithAnOpenTransaction();
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

  // ------------------------------------------------------------------ positions

  /** That nobody can say whether a position is lost is no failed transaction. */
  @Test
  void aPositionThatNobodyKnowsAboutIsAskedForUntilSomebodyDoes() {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.clients.inject(
        call -> {
          if (call.equals(POLL)) {
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
}
