package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.launch.FaultyClients.Call;
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
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.TimeoutException;
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
    rig.turn();
    rig.clients.inject(
        call -> {
          if (call.method().endsWith("Transaction") && !call.method().startsWith("begin")
              || call.method().equals("initTransactions")) {
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
    Random random = new Random(3);
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
