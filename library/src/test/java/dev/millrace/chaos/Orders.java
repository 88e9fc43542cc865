package dev.millrace.chaos;

import dev.millrace.chaos.TablesJob.Order;
import dev.millrace.chaos.TablesJob.Paid;
import dev.millrace.chaos.TablesJob.Payment;
import dev.millrace.devbroker.testing.TestBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BinaryOperator;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.databind.json.JsonMapper;

/**
 * Orders that change and are cancelled, and payments for some of them, out of order by less than
 * {@link TablesJob#BOUND}; and what {@link TablesJob} has to make of them, worked out at once.
 *
 * <p>All versions of an order are in one partition, so that the last one sent is the one that
 * holds.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class Orders {

  private static final long FIRST_TIME_MS = 1_700_000_000_000L;
  private static final int IDS = 400;
  private static final int BRANCHES = 12;
  private static final long SMALL = 10;
  private static final String END = "end-";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TestBroker broker;
  private final String topic;
  private final String paymentsTopic;
  private final int partitions;
  private final Random random;
  private final List<Order> all = new ArrayList<>();
  private final List<Payment> payments = new ArrayList<>();
  private final Map<String, Order> latest = new HashMap<>();
  private long newestMs = FIRST_TIME_MS;
  private long numbers;

  Orders(TestBroker broker, String topic, String paymentsTopic, int partitions, Random random) {
    this.broker = broker;
    this.topic = topic;
    this.paymentsTopic = paymentsTopic;
    this.partitions = partitions;
    this.random = random;
  }

  /** Writes some more of both. */
  void send(int count) {
    List<ProducerRecord<byte[], byte[]>> ofOrders = new ArrayList<>();
    List<ProducerRecord<byte[], byte[]>> ofPayments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      newestMs += random.nextInt(10);
      Order order = order();
      all.add(order);
      latest.put(order.id(), order);
      ofOrders.add(record(topic, order.id(), order));
      if (random.nextInt(3) > 0) {
        // Some of them come too early, or too late, for the order they were made for.
        Payment payment =
            new Payment(
                order.id(), ++numbers, timeMs(order.timeMs() - 500 + random.nextInt(4_500)));
        payments.add(payment);
        ofPayments.add(record(paymentsTopic, payment.id(), payment));
      }
    }
    broker.produce(topic, ofOrders);
    broker.produce(paymentsTopic, ofPayments);
  }

  private Order order() {
    String id = "o" + random.nextInt(IDS);
    long amount = random.nextInt(6) == 0 ? 0 : 1 + random.nextInt(100);
    long time = newestMs - random.nextInt((int) TablesJob.BOUND.toMillis());
    return new Order(id, ++numbers, "b" + random.nextInt(BRANCHES), amount, time);
  }

  /** No payment may be so old that it is late, nor so new that what follows is. */
  private long timeMs(long wantedMs) {
    long oldestMs = newestMs - TablesJob.BOUND.toMillis() + 1;
    return Math.max(oldestMs, Math.min(wantedMs, newestMs));
  }

  /** Lets all waiting end. */
  void end() {
    long time = newestMs + Duration.ofDays(1).toMillis();
    List<ProducerRecord<byte[], byte[]>> ofOrders = new ArrayList<>();
    List<ProducerRecord<byte[], byte[]>> ofPayments = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) {
      String id = END + partition;
      ofOrders.add(record(topic, partition, new Order(id, ++numbers, END, 0, time)));
      ofPayments.add(record(paymentsTopic, partition, new Payment(id, ++numbers, time)));
    }
    broker.produce(topic, ofOrders);
    broker.produce(paymentsTopic, ofPayments);
  }

  private ProducerRecord<byte[], byte[]> record(String to, String id, Object value) {
    return record(to, Math.floorMod(id.hashCode(), partitions), value);
  }

  private static ProducerRecord<byte[], byte[]> record(String to, int partition, Object value) {
    byte[] key = Integer.toString(partition).getBytes(StandardCharsets.UTF_8);
    return new ProducerRecord<>(to, partition, key, JSON.writeValueAsBytes(value));
  }

  static boolean isEnd(String id) {
    return id.startsWith(END);
  }

  int count() {
    return all.size() + payments.size();
  }

  // ------------------------------------------------------------------ what has to come of them

  /** {@return the sum of the open orders of each branch that has any} */
  Map<String, Long> sums() {
    return figures(Long::sum);
  }

  /** {@return the largest of the open orders of each branch that has any} */
  Map<String, Long> largest() {
    return figures(Math::max);
  }

  private Map<String, Long> figures(BinaryOperator<Long> merge) {
    Map<String, Long> figures = new HashMap<>();
    for (Order order : latest.values()) {
      if (order.amount() > SMALL) {
        figures.merge(order.branch(), order.amount(), merge);
      }
    }
    return figures;
  }

  /** {@return each version of an order with each payment in time for it, or with none} */
  Set<Paid> paid() {
    Map<String, List<Payment>> byId = new HashMap<>();
    payments.forEach(
        payment -> byId.computeIfAbsent(payment.id(), id -> new ArrayList<>()).add(payment));
    Set<Paid> paid = new HashSet<>();
    for (Order order : all) {
      long last = order.timeMs() + TablesJob.TERM.toMillis();
      List<Payment> inTime =
          byId.getOrDefault(order.id(), List.of()).stream()
              .filter(each -> each.timeMs() >= order.timeMs() && each.timeMs() <= last)
              .toList();
      inTime.forEach(each -> paid.add(Paid.of(order, each)));
      if (inTime.isEmpty()) {
        paid.add(Paid.of(order, null));
      }
    }
    return paid;
  }
}
