package dev.millrace.faults;

import static dev.millrace.faults.Fixture.PATIENCE;
import static dev.millrace.faults.Fixture.assertHealthy;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.total;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.EmbeddedKafka;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.faults.KafkaProxy.Answer;
import dev.millrace.metrics.StageCounters;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.TransactionListing;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The answer to a commit gets lost, a producer is fenced, the cluster is away for a while: every
 * record still counts once.
 */
final class LostAnswersTest {

  /** Short, so that a client gives up waiting soon: max.block 1 s, request timeout 0.8 s. */
  private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(2);

  private static KafkaProxy proxy;
  private static EmbeddedKafka kafka;
  private static TestBroker broker;

  @TempDir Path stateDir;

  @BeforeAll
  static void startBehindAProxy() throws IOException {
    int port = freePort();
    proxy = new KafkaProxy(port);
    kafka =
        EmbeddedKafka.start(
            BrokerOptions.singleNode()
                .withPort(port)
                .withServerProperty(
                    "advertised.listeners", "PLAINTEXT://127.0.0.1:" + proxy.port()));
    broker = TestBroker.at("127.0.0.1:" + proxy.port());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @AfterAll
  static void stop() throws IOException {
    broker.close();
    kafka.close();
    proxy.close();
  }

  @Test
  void anAnswerThatComesAtALaterAttemptCommitsOnce() {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(500, 1);
    try (RunningJob running = Millrace.start(fixture.job(), config(fixture))) {
      fixture.awaitExact(running);
      // The first retries are the client's own; from the third on it is ours (path U).
      for (int lost : new int[] {1, 2, 3}) {
        for (Answer how : List.of(Answer.CUT, Answer.SWALLOW)) {
          AtomicInteger left = new AtomicInteger(lost);
          int before = proxy.kept();
          proxy.endTxn(() -> left.getAndDecrement() > 0 ? how : Answer.PASS);
          fixture.produce(200, lost);
          fixture.awaitExact(running);
          await("the answers to be lost", () -> proxy.kept() - before == lost);
        }
      }
      assertThat(total(running, StageCounters::aborts)).isZero();
    } finally {
      proxy.endTxn(() -> Answer.PASS);
    }
  }

  @Test
  void anAnswerThatNeverComesIsFoundInTheLog() {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(500, 1);
    try (RunningJob running = Millrace.start(fixture.job(), config(fixture))) {
      fixture.awaitExact(running);
      proxy.endTxn(() -> Answer.SWALLOW);
      fixture.produce(500, 2);
      // A worker gives up after the transaction's timeout and takes a new producer (path F).
      await("a new producer", () -> total(running, StageCounters::aborts) >= 1);
      proxy.endTxn(() -> Answer.PASS);
      fixture.produce(500, 3);
      fixture.awaitExact(running);
    } finally {
      proxy.endTxn(() -> Answer.PASS);
    }
  }

  @Test
  void lostAnswersAtRandomLoseAndRepeatNothing() {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(100, seed);
    int before = proxy.kept();
    try (RunningJob running = Millrace.start(fixture.job(), config(fixture))) {
      fixture.awaitExact(running);
      proxy.endTxn(() -> answer(random));
      feed(fixture, seed, Duration.ofSeconds(8));
      proxy.endTxn(() -> Answer.PASS);
      fixture.awaitExact(running);
      System.out.printf(
          "FAULTS lost answers: %d kept back, %d commits, %d aborts, %d records (seed %d)%n",
          proxy.kept() - before,
          total(running, StageCounters::commits),
          total(running, StageCounters::aborts),
          fixture.produced(),
          seed);
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    } finally {
      proxy.endTxn(() -> Answer.PASS);
    }
  }

  private static Answer answer(Random random) {
    int die;
    synchronized (random) {
      die = random.nextInt(20);
    }
    return die == 0 ? Answer.SWALLOW : die < 4 ? Answer.CUT : Answer.PASS;
  }

  @Test
  void fencedProducersAreReplaced() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(100, seed);
    try (RunningJob running = Millrace.start(fixture.job(), config(fixture))) {
      fixture.awaitExact(running);
      List<String> ids =
          broker.admin().listTransactions().all().get(10, TimeUnit.SECONDS).stream()
              .map(TransactionListing::transactionalId)
              .filter(id -> id.startsWith(fixture.name))
              .filter(id -> !id.endsWith("-bootstrap"))
              .toList();
      assertThat(ids).hasSize(2);
      AtomicLong slowest = new AtomicLong();
      // Five in a minute are what a worker takes for bad luck; more would be a duplicate identity.
      // A
      // busy machine may add one or two of its own.
      for (int i = 0; i < 3; i++) {
        feed(fixture, seed + i, Duration.ofMillis(random.nextInt(700)));
        boolean answerLost = random.nextBoolean();
        if (answerLost) {
          proxy.endTxn(() -> Answer.SWALLOW);
        }
        broker.admin().fenceProducers(ids).all().get(10, TimeUnit.SECONDS);
        proxy.endTxn(() -> Answer.PASS);
        long fenced = System.nanoTime();
        fixture.produce(50, seed);
        fixture.awaitExact(running);
        slowest.accumulateAndGet(System.nanoTime() - fenced, Math::max);
      }
      assertHealthy(running);
      assertThat(total(running, StageCounters::aborts)).isPositive();
      System.out.printf(
          "FAULTS fenced producers: %d aborts, slowest recovery %d ms (seed %d)%n",
          total(running, StageCounters::aborts), slowest.get() / 1_000_000, seed);
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    } finally {
      proxy.endTxn(() -> Answer.PASS);
    }
  }

  @Test
  void aClusterThatIsAwayForAWhileIsWaitedFor() {
    away(TRANSACTION_TIMEOUT.plusSeconds(1));
  }

  @Test
  @Tag("slow")
  void aClusterThatIsAwayForLongIsWaitedFor() {
    away(Duration.ofSeconds(90));
  }

  private void away(Duration outage) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(2_000, 1);
    try (RunningJob running = Millrace.start(fixture.job(), config(fixture))) {
      await("a commit", () -> total(running, StageCounters::commits) > 0);
      fixture.produce(2_000, 3);
      proxy.goDown();
      LockSupport.parkNanos(outage.toNanos());
      assertHealthy(running);
      proxy.comeBack();
      fixture.produce(1_000, 2);
      fixture.awaitExact(running);
    } finally {
      proxy.comeBack();
    }
  }

  @Test
  void aCopyThatStartsWhileTheClusterIsAwayWaitsForIt() throws Exception {
    startAway(TRANSACTION_TIMEOUT);
  }

  @Test
  @Tag("slow")
  void aCopyThatStartsWhileTheClusterIsAwayForLongWaitsForIt() throws Exception {
    startAway(Duration.ofSeconds(75));
  }

  private void startAway(Duration outage) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(1_000, 1);
    CompletableFuture<RunningJob> starting = new CompletableFuture<>();
    proxy.goDown();
    try {
      Thread starter =
          new Thread(
              () ->
                  starting.completeAsync(
                      () -> Millrace.start(fixture.job(), config(fixture)), Runnable::run));
      starter.start();
      LockSupport.parkNanos(outage.toNanos());
      assertThat(starting).isNotDone();
      proxy.comeBack();
      try (RunningJob running = starting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        fixture.awaitExact(running);
      }
    } finally {
      proxy.comeBack();
    }
  }

  private static void feed(Fixture fixture, long firstSeed, Duration length) {
    long end = System.nanoTime() + length.toNanos();
    long seed = firstSeed;
    do {
      fixture.produce(100, seed++);

      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    } while (System.nanoTime() < end);
  }

  private static JobConfig config(Fixture fixture) {
    return fixture
        .config()
        .with("transaction.timeout", TRANSACTION_TIMEOUT.toMillis() + "ms")
        .with("commit.interval", "50ms");
  }
}
