package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MissingRightException;
import dev.millrace.error.NoProgressException;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.runtime.Worker;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts while brokers are away or refuse, and what a start leaves that comes to nothing. */
final class StartSurvivalTest {

  private final FaultyInstance rig = new FaultyInstance();

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
      // A third of all calls fail: it takes many attempts until those of one step go through.
      fresh.configure("startup.timeout", "10m");
      Random random = new Random(seed);
      fresh.send(50);
      fresh.clients.inject(
          call -> {
            boolean local = !call.client().equals("admin") && LOCAL.contains(call.method());
            if (!local && random.nextInt(3) == 0) {
              failed.add(call.client() + "." + call.method());
              throw failure.exception();
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
        FaultyClients.Faults.throwing(
            "initTransactions", () -> new TransactionalIdAuthorizationException("Not allowed")));
    assertThatThrownBy(rig::start)
        .isInstanceOf(MissingRightException.class)
        .hasMessageContaining("start job 'job'")
        .hasMessageContaining("--operation WRITE --transactional-id job-bootstrap");
  }

  /** A wrong password is no outage; who supervises the instance tries it again for a while. */
  @Test
  void refusedCredentialsEndAStartAtOnce() {
    rig.clients.inject(
        FaultyClients.Faults.throwing(
            "initTransactions", () -> new SaslAuthenticationException("Authentication failed")));
    assertThatThrownBy(rig::start)
        .isInstanceOf(CredentialsRefusedException.class)
        .hasMessageContaining("Cannot start job 'job': SaslAuthenticationException")
        .hasMessageContaining("kafka.sasl");
  }

  @Test
  void credentialsThatAreRefusedForAWhileAreWaitedFor() {
    rig.start();
    rig.settle();
    rig.send(100);
    long end = rig.clock.nanos() + Duration.ofSeconds(40).toNanos();
    rig.clients.inject(
        call -> {
          if (call.method().equals("poll") && rig.clock.nanos() < end) {
            throw new SaslAuthenticationException("Authentication failed");
          }
          return null;
        });
    while (rig.clock.nanos() < end) {
      boolean ignored = rig.turn();
    }
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
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
        FaultyClients.Faults.throwing(
            "sendOffsetsToTransaction", () -> GroupAuthorizationException.forGroupId("job.in")));
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
        FaultyClients.Faults.throwing(
            "sendOffsetsToTransaction", () -> new CommitFailedException("The group went on")));
    assertThatThrownBy(rig::settle)
        .isInstanceOfSatisfying(
            NoProgressException.class,
            stuck -> {
              assertThat(stuck.stage()).isEqualTo("in");
              assertThat(stuck.place()).isEqualTo(Place.ofStage("in").withJob("job"));
            })
        .hasMessageContaining("stage 'in' of job 'job'")
        .hasMessageMatching("(?s).*its last [1-9][0-9]+ transactions did not commit.*")
        .hasMessageContaining("The group went on");
  }

  @Test
  void whatARebalanceMakesTheWorkerThrowIsNotTheClients() {
    rig.start();
    rig.settle();
    RecordException failure = new RecordException("Cannot process a record");
    rig.clients.inject(
        FaultyClients.Faults.throwing(
            "poll", () -> new KafkaException("User rebalance callback throws an error", failure)));
    assertThatThrownBy(rig::turn).isSameAs(failure);
  }
}
