package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.chaos.TablesJob.Found;
import dev.millrace.chaos.TablesJob.Paid;
import dev.millrace.chaos.TablesJob.Payment;
import dev.millrace.chaos.ThreeBrokers.Loss;
import dev.millrace.devbroker.testing.TestBroker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Tables in groups and joins of all kinds under {@code kill -9} of copies and of brokers: what is
 * taken back is what was emitted last, a row without a match comes once and no match follows it,
 * each record looks up a row once, and all of it is what a batch makes of the input.
 */
final class TablesKillTest extends OnThreeBrokers {

  private static final int PARTITIONS = 4;
  private static final int COPIES = 2;
  private static final int BATCH = 60;

  @Test
  void tablesAndJoinsAreExactAcrossKills() {
    int kills = Integer.getInteger("chaos.kills", 30);
    long seed = Seeds.next("TablesKillTest");
    long begun = System.nanoTime();
    Random random = new Random(seed);
    TestBroker broker = brokers.client();
    String job = broker.uniqueName("tables");
    List<String> arguments = new ArrayList<>(List.of("--job", job));
    for (String topic : TablesJob.TOPICS) {
      arguments.addAll(List.of("--" + topic, broker.createTopic(job + "-" + topic, PARTITIONS)));
    }
    Orders orders = new Orders(broker, job + "-", PARTITIONS, random);
    Bursts bursts = new Bursts(orders::send, BATCH, random);
    ChildInstance.Spec spec =
        ChildInstance.Spec.of(TablesJob.class, broker, arguments)
            .with("workers", "1")
            .with("membership", membership.name().toLowerCase(Locale.ROOT));
    int ofBrokers = 0;
    try (Outputs outputs = new Outputs(broker, job + "-", seed)) {
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
        outputs.await(orders);
        copies.stopAll();
      }
      System.out.printf(
          "CHAOS TablesKillTest: %s, %d kills (%d of them of brokers), %d records, %s, %.1f s (seed"
              + " %d)%n",
          membership,
          kills,
          ofBrokers,
          orders.count(),
          outputs,
          (System.nanoTime() - begun) / 1e9,
          seed);
    }
  }

  /** All that comes out. */
  private static final class Outputs implements AutoCloseable {
    private final CheckedTable sums;
    private final CheckedTable largest;
    private final CheckedTable newest;
    private final CheckedTable allOf;
    private final CheckedTable placed;
    private final CheckedSet<Paid> paid;
    private final CheckedSet<Found> found;
    private final CheckedSet<Found> foundThen;

    Outputs(TestBroker broker, String prefix, long seed) {
      sums = new CheckedTable(broker, prefix + "sums", seed);
      largest = new CheckedTable(broker, prefix + "largest", seed);
      newest = new CheckedTable(broker, prefix + "newest", seed);
      allOf = new CheckedTable(broker, prefix + "all-of", seed);
      placed = new CheckedTable(broker, prefix + "placed", seed);
      paid =
          new CheckedSet<>(
              broker, prefix + "paid", Paid.class, one -> !Orders.isEnd(one.id()), seed);
      found = new CheckedSet<>(broker, prefix + "found", Found.class, one -> true, seed);
      foundThen = new CheckedSet<>(broker, prefix + "found-then", Found.class, one -> true, seed);
    }

    private List<CheckedTable> tables() {
      return List.of(sums, largest, newest, allOf, placed);
    }

    void await(Orders orders) {
      sums.await(orders.sums());
      largest.await(orders.largest());
      newest.await(orders.newest());
      allOf.await(orders.allOf());
      placed.await(orders.placed());
      paid.await(orders.paid());
      foundThen.await(orders.foundThen());
      checkFound(orders);
      for (CheckedTable table : tables()) {
        assertThat(table.retracted()).as(table.name).isPositive();
      }
    }

    /**
     * Which version a payment finds is not certain; but payments for an order find no older one.
     */
    private void checkFound(Orders orders) {
      List<Found> inOrder = found.awaitSize(orders.payments().size());
      Map<String, List<Long>> payments = new HashMap<>();
      Map<String, Long> newestOrder = new HashMap<>();
      Set<String> openVersions = orders.openVersions();
      int none = 0;
      for (Found one : inOrder) {
        payments.computeIfAbsent(one.id(), id -> new ArrayList<>()).add(one.payment());
        if (one.order() == 0) {
          none++;
        } else {
          assertThat(openVersions).as(found.name).contains(one.id() + "+" + one.order());
          Long before = newestOrder.put(one.id(), one.order());
          assertThat(before == null || before <= one.order())
              .as("%s: %s after %s", found.name, one, before)
              .isTrue();
        }
      }
      Map<String, List<Long>> sent = new HashMap<>();
      for (Payment payment : orders.payments()) {
        sent.computeIfAbsent(payment.id(), id -> new ArrayList<>()).add(payment.number());
      }
      assertThat(payments).as(found.name).isEqualTo(sent);
      assertThat(none).as("%s: payments without an order", found.name).isLessThan(inOrder.size());
    }

    @Override
    public String toString() {
      int retracted = tables().stream().mapToInt(CheckedTable::retracted).sum();
      return retracted
          + " rows taken back, "
          + paid.size()
          + " pairs and rows without a match, "
          + found.size()
          + " lookups";
    }

    @Override
    public void close() {
      tables().forEach(CheckedTable::close);
      paid.close();
      found.close();
      foundThen.close();
    }
  }
}
