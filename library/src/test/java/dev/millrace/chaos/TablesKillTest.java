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
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
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
    Bursts bursts = new Bursts(orders::send, BATCH, random);
    ChildInstance.Spec spec =
        ChildInstance.Spec.of(TablesJob.class, broker, arguments)
            .with("workers", "1")
            .with("membership", membership.name().toLowerCase(Locale.ROOT));
    int ofBrokers = 0;
    try (Output sums = new Output(broker, job + "-sums", seed);
        Output largest = new Output(broker, job + "-largest", seed);
        Output paid = new Output(broker, job + "-paid", seed)) {
      try (Copies copies = Copies.start(spec, directory, COPIES, seed)) {
        bursts.sendFor(2_000);
        for (int kill = 0; kill < kills; kill++) {
          bursts.sendFor(300 + random.nextInt(2_500));
          if (random.nextInt(3) == 0) {
            int node = random.nextInt(3);
            brokers.lose(Loss.KILLED, node);
            bursts.sendFor(random.nextInt(2_000));
            brokers.bringBack(Loss.KILLED, node);
            brokers.awaitWhole();
            ofBrokers++;
          } else {
            copies.crash(copies.any(random));
          }
          copies.assertNoneEnded();
        }
        bursts.sendFor(1_000);
        orders.end();
        sums.awaitFigures(orders.sums());
        largest.awaitFigures(orders.largest());
        paid.awaitPaid(orders.paid());
        copies.stopAll();
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
      read(this::takeFigure, () -> figures.equals(expected));
      assertThat(figures).as(name).isEqualTo(expected);
    }

    void awaitPaid(Set<Paid> expected) {
      read(this::takePaid, () -> paid.size() >= expected.size());
      assertThat(without(paid, expected)).as("%s: wrong", name).isEmpty();
      assertThat(without(expected, paid)).as("%s: missing", name).isEmpty();
    }

    private static List<Paid> without(Collection<Paid> from, Set<Paid> others) {
      return from.stream().filter(each -> !others.contains(each)).limit(10).toList();
    }

    private void read(Consumer<byte[]> taker, BooleanSupplier end) {
      reader.read(name, PATIENCE, taker, () -> end.getAsBoolean() || !wrongs.isEmpty());
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
  }
}
