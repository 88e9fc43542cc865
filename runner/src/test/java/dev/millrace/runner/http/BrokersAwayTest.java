package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildCluster;
import dev.millrace.devbroker.ChildOptions;
import dev.millrace.devbroker.DevBrokerException;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.runner.http.RawHttp.Reply;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Three processes whose three brokers go away and come back: what each says meanwhile, and that all
 * go on by themselves, with nothing lost or counted twice.
 *
 * <p>{@code -Doutage.seconds=180} makes it as long as an issue once asked for, {@code
 * -Doutage.loss=KILLED} chooses one way to go, {@code -Dchaos.membership=consumer} the other group
 * protocol.
 */
@Tag("slow")
final class BrokersAwayTest {

  private static final Duration LONG = Duration.ofMinutes(3);
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("outage.seconds", 30));
  private static final String MEMBERSHIP = System.getProperty("chaos.membership", "classic");
  private static final int INSTANCES = 3;
  private static final int[] ALL_NODES = {0, 1, 2};

  /** How brokers go. */
  enum Loss {
    /** As with {@code kill -9}. */
    KILLED,
    /** As with SIGSTOP: they hang, with their connections open. */
    SUSPENDED
  }

  @TempDir Path directory;

  private final List<Watcher> watchers = new ArrayList<>();
  private LetterCountInstances copies;

  @ParameterizedTest
  @EnumSource(Loss.class)
  void everyInstanceGoesOnByItself(Loss loss) throws Exception {
    assumeThat(System.getProperty("outage.loss", loss.name())).isEqualTo(loss.name());
    try (ChildCluster kafka = ChildCluster.start(ChildOptions.of(BrokerOptions.threeNodes()));
        TestBroker broker = TestBroker.at(kafka.bootstrapServers())) {
      copies = new LetterCountInstances(broker);
      try {
        startAll();
        copies.send(6_000);
        awaitCounted(broker);

        watchers.forEach(Watcher::start);
        lose(kafka, loss);
        long gone = System.nanoTime();
        while (System.nanoTime() - gone < OUTAGE.toNanos()) {
          assertThat(copies.processes()).as("nobody ends").allMatch(RunnerProcess::isAlive);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
        watchers.forEach(each -> each.note("the brokers come back"));
        bringBack(kafka, loss);
        watchers.forEach(each -> each.note("they are back"));
        await("each says that all are at work", () -> watchers.stream().allMatch(this::isWhole));
        copies.send(6_000);
        awaitCounted(broker);
        for (Watcher watcher : watchers) {
          watcher.end();
        }
        assertThat(broker.consumeCounts(copies.output())).isEqualTo(copies.expectedCounts());
        assertThat(copies.processes()).as("nobody has ended").allMatch(RunnerProcess::isAlive);
        for (Watcher watcher : watchers) {
          assertThat(watcher.mostRestarts()).isZero();
          assertThat(watcher.allLive()).as("no probe would have restarted it").isTrue();
          assertThat(watcher.states()).containsOnly("RUNNING");
          assertThat(watcher.healths())
              .contains("no status, as Kafka does not answer")
              .noneMatch(health -> health.contains("no copy runs"));
        }
      } finally {
        System.out.printf("OUTAGE of %s, brokers %s, %s%n", OUTAGE, loss, MEMBERSHIP);
        watchers.forEach(Watcher::print);
        watchers.forEach(Watcher::stop);
        copies.close();
      }
    }
  }

  private void startAll() throws IOException {
    copies.start(INSTANCES, directory, "-Dmembership=" + MEMBERSHIP);
    for (int i = 0; i < INSTANCES; i++) {
      watchers.add(new Watcher(i, copies.processes().get(i).uri()));
    }
    await("all are at work", () -> watchers.stream().allMatch(this::isWhole));
  }

  private static void lose(ChildCluster kafka, Loss loss) {
    if (loss == Loss.KILLED) {
      kafka.kill(ALL_NODES);
    } else {
      kafka.suspend(ALL_NODES);
    }
  }

  private static void bringBack(ChildCluster kafka, Loss loss) {
    if (loss == Loss.SUSPENDED) {
      kafka.resume(ALL_NODES);
      return;
    }
    try {
      kafka.restart(ALL_NODES);
    } catch (DevBrokerException e) {
      // The time for a start is bounded, and the machine may be busy.
      System.out.println("OUTAGE: the brokers are started again after this: " + e.getMessage());
      kafka.restart(ALL_NODES);
    }
  }

  private static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what).atMost(LONG).pollInterval(Duration.ofMillis(200)).until(condition);
  }

  /** What the pages say of the lag may be a second old. */
  private void awaitCounted(TestBroker broker) {
    await(
        "all is counted",
        () -> broker.consumeCounts(copies.output()).equals(copies.expectedCounts()));
  }

  private boolean isWhole(Watcher watcher) {
    Reply health = RawHttp.get(watcher.server, "/health");
    Reply reply = RawHttp.get(watcher.server, copies.path());
    return health.status() == 200
        && reply.status() == 200
        && Described.json(reply)
                .get("instances")
                .valueStream()
                .filter(each -> each.get("alive").asBoolean())
                .count()
            == INSTANCES;
  }

  /** Somebody who asks an instance over and over how it does, and notes what changes. */
  private static final class Watcher implements Runnable {

    private final int number;
    private final URI server;
    private final Thread thread;
    private final long begun = System.nanoTime();
    private final List<String> notes = new ArrayList<>();
    private final List<String> states = new ArrayList<>();
    private final List<String> healths = new ArrayList<>();
    private boolean allLive = true;
    private long mostRestarts;
    private String last = "";
    private volatile boolean ends;

    Watcher(int number, URI server) {
      this.number = number;
      this.server = server;
      this.thread = new Thread(this, "watcher-" + number);
      thread.setDaemon(true);
    }

    void start() {
      thread.start();
    }

    @Override
    public void run() {
      while (!ends) {
        look();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
      }
    }

    private void look() {
      Reply live = RawHttp.get(server, "/livez");
      Reply ready = RawHttp.get(server, "/readyz");
      JsonNode own = Described.json(RawHttp.get(server, "/status"));
      Reply health = RawHttp.get(server, "/health");
      JsonNode ofJob = Described.json(health);
      String detail = health.status() == 200 ? "healthy" : reason(ofJob.get("detail").asString());
      String state = own.get("state").asString();
      synchronized (this) {
        allLive &= live.status() == 200;
        mostRestarts = Math.max(mostRestarts, own.get("restarts").asLong());
        states.add(state);
        healths.add(detail);
        String now =
            "livez " + live.status() + ", readyz " + ready.status() + ", " + state + ", " + detail;
        if (!now.equals(last)) {
          last = now;
          note(now);
        }
      }
    }

    /** Which call it is that Kafka does not answer is chance. */
    private static String reason(String detail) {
      return detail.startsWith("Cannot ") ? "no status, as Kafka does not answer" : detail;
    }

    synchronized void note(String what) {
      notes.add(String.format("%6.1f s: %s", (System.nanoTime() - begun) / 1e9, what));
    }

    synchronized boolean allLive() {
      return allLive;
    }

    synchronized long mostRestarts() {
      return mostRestarts;
    }

    synchronized List<String> states() {
      return List.copyOf(states);
    }

    synchronized List<String> healths() {
      return List.copyOf(healths);
    }

    void stop() {
      ends = true;
    }

    void end() throws InterruptedException {
      stop();
      thread.join(LONG.toMillis());
    }

    synchronized void print() {
      System.out.printf("  instance %d%n", number);
      notes.forEach(note -> System.out.printf("    %s%n", note));
    }
  }
}
