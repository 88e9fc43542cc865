package dev.millrace.chaos;

import dev.millrace.chaos.ThreeBrokers.Loss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Brokers are restarted one by one under load, in good order or by {@code kill -9}, while copies
 * start, run and stop: no copy ends by itself, and nothing is lost or repeated.
 */
final class BrokerRollTest extends OnThreeBrokers {

  private static final int NODES = 3;
  private static final int MOST_COPIES = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void copiesOutliveRollsOfTheBrokersAndResultsAreExact() throws Exception {
    int rounds = Integer.getInteger("chaos.rolls", 10);
    long seed = Seeds.next("BrokerRollTest.roll");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    int changes = 0;
    try (Ledger ledger = ledger(seed, 500)) {
      try (Copies copies = Copies.start(ledger, directory, 2, seed)) {
        for (int round = 0; round < rounds; round++) {
          List<Integer> nodes = new ArrayList<>(List.of(0, 1, 2));
          Collections.shuffle(nodes, random);
          for (int node : nodes) {
            Loss loss = random.nextBoolean() ? Loss.STOPPED : Loss.KILLED;
            brokers.lose(loss, node);
            changes += startOrStop(copies, random);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(3_000)));
            changes += startOrStop(copies, random);
            brokers.bringBack(loss, node);
            changes += startOrStop(copies, random);
            brokers.awaitWhole();
            copies.assertNoneEnded();
          }
          brokers.balanceLeaders();
          ledger.awaitCaughtUp(PATIENCE);
        }
        copies.awaitReady();
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
      }
      ledger.checkExactlyOnce();
      System.out.printf(
          "CHAOS BrokerRollTest: %s, %d rolls of three brokers, %d copies started or stopped amid"
              + " them, %d records, %.1f s (seed %d)%n",
          membership,
          rounds,
          changes,
          ledger.feed().ids().size(),
          (System.nanoTime() - begun) / 1e9,
          seed);
    }
  }

  /** Every other time: ends a copy, in good order or not, or starts one; one runs at least. */
  private static int startOrStop(Copies copies, Random random) {
    if (random.nextBoolean()) {
      return 0;
    }
    int copy = random.nextInt(MOST_COPIES);
    if (!copies.runs(copy)) {
      copies.start(copy);
    } else if (copies.count() == 1) {
      return 0;
    } else if (random.nextBoolean()) {
      copies.stop(copy);
    } else {
      copies.kill(copy);
    }
    return 1;
  }

  @Test
  void brokersAndCopiesAreRolledInEveryOrder() throws Exception {
    long seed = Seeds.next("BrokerRollTest.orders");
    Random random = new Random(seed);
    long begun = System.nanoTime();
    List<String> orders = orders(random);
    orders = orders.subList(0, Math.min(orders.size(), Integer.getInteger("chaos.orders", 20)));
    try (Ledger ledger = ledger(seed, 500)) {
      try (Copies copies = Copies.start(ledger, directory, NODES, seed)) {
        for (String order : orders) {
          roll(order, copies, random);
          ledger.awaitCaughtUp(PATIENCE);
        }
        ledger.awaitEnd(PATIENCE);
        copies.stopAll();
      }
      ledger.checkExactlyOnce();
      System.out.printf(
          "CHAOS BrokerRollTest: %s, three brokers (B) and three copies (C) rolled in the orders %s,"
              + " %d records, %.1f s (seed %d)%n",
          membership, orders, ledger.feed().ids().size(), (System.nanoTime() - begun) / 1e9, seed);
    }
  }

  /**
   * Restarts each broker and each copy once. A copy whose turn follows that of a broker is
   * restarted while the broker is away, every other time.
   */
  private static void roll(String order, Copies copies, Random random) {
    int copy = 0;
    int node = 0;
    int turn = 0;
    while (turn < order.length()) {
      if (order.charAt(turn++) == 'C') {
        copies.restart(copy++, random);
        copies.awaitReady();
        continue;
      }
      Loss loss = random.nextBoolean() ? Loss.STOPPED : Loss.KILLED;
      brokers.lose(loss, node);
      while (turn < order.length() && order.charAt(turn) == 'C' && random.nextBoolean()) {
        turn++;
        copies.restart(copy++, random);
      }
      brokers.bringBack(loss, node++);
      brokers.awaitWhole();
      copies.awaitReady();
      copies.assertNoneEnded();
    }
  }

  /** {@return all orders of three brokers and three copies: the plain ones, and then the others} */
  private static List<String> orders(Random random) {
    List<String> others = new ArrayList<>();
    addOrders("", NODES, NODES, others);
    List<String> orders = new ArrayList<>(List.of("BBBCCC", "CCCBBB", "BCBCBC", "CBCBCB"));
    others.removeAll(orders);
    Collections.shuffle(others, random);
    orders.addAll(others);
    return orders;
  }

  private static void addOrders(String begun, int nodes, int copies, List<String> orders) {
    if (nodes == 0 && copies == 0) {
      orders.add(begun);
    }
    if (nodes > 0) {
      addOrders(begun + "B", nodes - 1, copies, orders);
    }
    if (copies > 0) {
      addOrders(begun + "C", nodes, copies - 1, orders);
    }
  }
}
