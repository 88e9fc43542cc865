package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.chaos.TablesJob.Figure;
import dev.millrace.chaos.TablesJob.Paid;
import dev.millrace.chaos.ThreeBrokers.Loss;
import dev.millrace.devbroker.testing.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tables in groups and a join of streams under {@code kill -9} of copies and of brokers: what is
 * taken back is what was emitted, a row without a match comes once and no match follows it, and all
 * of it is what a batch makes of the input.
 */
final class TablesKillTest extends OnThreeBrokers {

  private static final int PARTITIONS = 4;
  private static final int COPIES = 2;
  private static final int BATCH = 60;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void tablesAndJoinsAreExactAcrossKills() {
    int kills = Integer.getInteger("chaos.kills", 30);
    long seed = Seeds.next("TablesKillTest");
    long begun = System.nanoTime();
    Random random = new Random(seed);
    TestBroker broker = brokers.client();
    String job = broker.uniqueName("tables");
    List<String> arguments = new ArrayList<>(List.of("--job", job));
    for (String topic : List.of("orders", "payments", "sums", "largest", "paid")) {
      arguments.addAll(List.of("--" + topic, broker.createTopic(job + "-" + topic, PARTITIONS)));
    }
    Orders orders = new Orders(broker, job + "-orders", job + "-payments", PARTITIONS, random);
    int ofBrokers = 0;
    try (Output sums = new Output(broker, job + "-sums", seed);
        Output largest = new Output(broker, job + "-largest", seed);
        Output paid = new Output(broker, job + "-paid", seed)) {
      List<ChildInstance> children = new ArrayList<>();
      List<ChildInstance.Spec> specs = new ArrayList<>();
      try {
        for (int copy = 0; copy < COPIES; copy++) {
          specs.add(spec(broker, arguments, "copy-" + copy));
          children.add(ChildInstance.start(specs.get(copy)));
        }
        children.forEach(child -> child.awaitReady(PATIENCE));
        send(orders, random, TimeUnit.SECONDS.toNanos(2));
        for (int kill = 0; kill < kills; kill++) {
          send(orders, random, TimeUnit.MILLISECONDS.toNanos(300 + random.nextInt(2_500)));
          if (random.nextInt(3) == 0) {
            int node = random.nextInt(3);
            brokers.lose(Loss.KILLED, node);
            send(orders, random, TimeUnit.MILLISECONDS.toNanos(random.nextInt(2_000)));
            brokers.bringBack(Loss.KILLED, node);
            brokers.awaitWhole();
            ofBrokers++;
          } else {
            int victim = random.nextInt(COPIES);
            children.get(victim).kill();
            children.set(victim, ChildInstance.start(specs.get(victim)));
          }
          children.forEach(child -> assertThat(child.isAlive()).as(child.failure()).isTrue());
        }
        send(orders, random, TimeUnit.SECONDS.toNanos(1));
        orders.end();
        sums.awaitFigures(orders.sums());
        largest.awaitFigures(orders.largest());
        paid.awaitPaid(orders.paid());
        for (ChildInstance child : children) {
          child.awaitReady(PATIENCE);
          assertThat(child.stop()).as("%s, see %s", child.failure(), child.log()).isZero();
        }
      } finally {
        children.forEach(ChildInstance::close);
      }
      System.out.printf(
          "CHAOS TablesKillTest: %s, %d kills (%d of them of brokers), %d records, %d and %d figures"
              + " taken back, %d pairs and rows without a match, %.1f s (seed %d)%n",
          membership,
          kills,
          ofBrokers,
          orders.count(),
          sums.retracted,
          largest.retracted,
          paid.paid.size(),
          (System.nanoTime() - begun) / 1e9,
          seed);
      assertThat(sums.retracted).isPositive();
      assertThat(largest.retracted).isPositive();
    }
  }

  private ChildInstance.Spec spec(TestBroker broker, List<String> arguments, String stateDir) {
    return new ChildInstance.Spec(
            TablesJob.class,
            Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "membership", membership.name().toLowerCase(Locale.ROOT),
                "session.timeout", "3s",
                "heartbeat.interval", "300ms",
                "state.memory", "16MB",
                "workers", "1"),
            arguments)
        .with("state.dir", directory.resolve(stateDir).toString());
  }

  /** Goes on sending for as long as it is told. */
  private static void send(Orders orders, Random random, long nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {
      orders.send(BATCH);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(200)));
    }
  }

  /** The results in a topic, with whatever is wrong on the way to the right ones. */
  private static final class Output implements AutoCloseable {
    private final String name;
    private final CommittedReader reader;
    private final Map<String, Long> figures = new HashMap<>();
    private final Set<Paid> paid = new HashSet<>();
    private final List<String> wrongs = new ArrayList<>();
    private int retracted;

    Output(TestBroker broker, String topic, long seed) {
      this.name = topic + ", seed " + seed;
      this.reader = new CommittedReader(broker, topic);
    }

    void awaitFigures(Map<String, Long> expected) {
      await(this::takeFigure, () -> figures.equals(expected));
      assertThat(figures).as(name).isEqualTo(expected);
    }

    void awaitPaid(Set<Paid> expected) {
      await(this::takePaid, () -> paid.size() >= expected.size());
      assertThat(without(paid, expected)).as("%s: wrong", name).isEmpty();
      assertThat(without(expected, paid)).as("%s: missing", name).isEmpty();
    }

    private static List<Paid> without(Collection<Paid> from, Set<Paid> others) {
      return from.stream().filter(each -> !others.contains(each)).limit(10).toList();
    }

    private void await(RecordTaker taker, Condition condition) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      Awaitility.await(name)
          .forever()
          .pollInterval(Duration.ofMillis(100))
          .until(
              () -> {
                for (ConsumerRecord<byte[], byte[]> record : reader.more()) {
                  taker.take(record.value());
                }
                return condition.holds() || !wrongs.isEmpty() || System.nanoTime() - deadline > 0;
              });
      assertThat(wrongs).as(name).isEmpty();
    }

    private void takeFigure(byte[] value) {
      Figure figure = JSON.readValue(value, Figure.class);
      if (figure.retracted()) {
        retracted++;
        Long held = figures.remove(figure.branch());
        if (held == null || held != figure.value()) {
          wrongs.add("takes back " + figure + " where " + held + " holds");
        }
      } else if (figures.put(figure.branch(), figure.value()) != null) {
        wrongs.add("emits " + figure + " without taking back what holds");
      }
    }

    private void takePaid(byte[] value) {
      Paid one = JSON.readValue(value, Paid.class);
      if (!Orders.isEnd(one.id()) && !paid.add(one)) {
        wrongs.add("emits twice: " + one);
      }
    }

    @Override
    public void close() {
      reader.close();
    }

    private interface RecordTaker {
      void take(byte[] value);
    }

    private interface Condition {
      boolean holds();
    }
  }
}
