package dev.millrace.chaos;

import dev.millrace.chaos.TablesJob.Branch;
import dev.millrace.chaos.TablesJob.Found;
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
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.databind.json.JsonMapper;

/**
 * Orders that change and are cancelled, payments for some of them, both out of order by less than
 * {@link TablesJob#BOUND}, and branches that change and are closed; and what {@link TablesJob} has
 * to make of them, worked out at once.
 *
 * <p>All versions of an order are in one partition, as are those of a branch, and all payments for
 * an order, so that the last one sent is the one that holds.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class Orders {

  private static final long FIRST_TIME_MS = 1_700_000_000_000L;
  private static final int IDS = 400;
  private static final int BRANCHES = 12;
  private static final long SMALL = 10;
  static final String END = "end-";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TestBroker broker;
  private final String topic;
  private final String paymentsTopic;
  private final String branchesTopic;
  private final int partitions;
  private final Random random;
  private final List<Order> all = new ArrayList<>();
  private final List<Payment> payments = new ArrayList<>();
  private final Map<String, Order> latest = new HashMap<>();
  private final Map<String, Payment> latestPayments = new HashMap<>();
  private final Map<String, Branch> branches = new HashMap<>();
  private long newestMs = FIRST_TIME_MS;
  private long numbers;

  /**
   * Sends nothing yet.
   *
   * @param prefix how the names of the topics begin
   */
  Orders(TestBroker broker, String prefix, int partitions, Random random) {
    this.broker = broker;
    this.topic = prefix + "orders";
    this.paymentsTopic = prefix + "payments";
    this.branchesTopic = prefix + "branches";
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
        latestPayments.put(payment.id(), payment);
        ofPayments.add(record(paymentsTopic, payment.id(), payment));
      }
    }
    broker.produce(topic, ofOrders);
    broker.produce(paymentsTopic, ofPayments);
    broker.produce(branchesTopic, List.of(branch(), branch()));
  }

  private ProducerRecord<byte[], byte[]> branch() {
    String id = "b" + random.nextInt(BRANCHES);
    Branch branch = random.nextInt(5) == 0 ? null : new Branch(++numbers);
    branches.compute(id, (any, before) -> branch);
    return new ProducerRecord<>(
        branchesTopic,
        Math.floorMod(id.hashCode(), partitions),
        id.getBytes(StandardCharsets.UTF_8),
        branch == null ? null : JSON.writeValueAsBytes(branch));
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
  Map<String, String> sums() {
    return figures(Long::sum);
  }

  /** {@return the largest of the open orders of each branch that has any} */
  Map<String, String> largest() {
    return figures(Math::max);
  }

  private Map<String, String> figures(BinaryOperator<Long> merge) {
    Map<String, Long> figures = new HashMap<>();
    open().forEach((id, order) -> figures.merge(order.branch(), order.amount(), merge));
    Map<String, String> texts = new HashMap<>();
    figures.forEach((branch, figure) -> texts.put(branch, figure.toString()));
    return texts;
  }

  private Map<String, Order> open() {
    Map<String, Order> open = new HashMap<>(latest);
    open.values().removeIf(order -> order.amount() <= SMALL);
    return open;
  }

  /** {@return open orders and newest payments, one without the other as well} */
  Map<String, String> newest() {
    Map<String, Order> open = open();
    Set<String> ids = new HashSet<>(open.keySet());
    ids.addAll(latestPayments.keySet());
    Map<String, String> rows = new HashMap<>();
    ids.forEach(id -> rows.put(id, TablesJob.text(open.get(id), latestPayments.get(id))));
    return rows;
  }

  /** {@return open orders with their newest payment and the number of payments, if there is any} */
  Map<String, String> allOf() {
    Map<String, Long> counts = new HashMap<>();
    payments.forEach(payment -> counts.merge(payment.id(), 1L, Long::sum));
    Map<String, String> rows = new HashMap<>();
    open()
        .forEach(
            (id, order) -> {
              Payment payment = latestPayments.get(id);
              if (payment != null) {
                rows.put(id, TablesJob.text(order, payment) + "+" + counts.get(id));
              }
            });
    return rows;
  }

  /** {@return open orders with their branches} */
  Map<String, String> placed() {
    Map<String, String> rows = new HashMap<>();
    open()
        .forEach(
            (id, order) -> {
              Branch branch = branches.get(order.branch());
              rows.put(id, order.number() + "+" + (branch == null ? "-" : branch.number()));
            });
    return rows;
  }

  /** {@return each payment with the order as it was at its time} */
  Set<Found> foundThen() {
    Map<String, TreeMap<Long, Order>> versions = new HashMap<>();
    for (Order order : all) { // of two versions of one time the later one holds
      versions.computeIfAbsent(order.id(), id -> new TreeMap<>()).put(order.timeMs(), order);
    }
    Set<Found> found = new HashSet<>();
    for (Payment payment : payments) {
      Map.Entry<Long, Order> version =
          versions.getOrDefault(payment.id(), new TreeMap<>()).floorEntry(payment.timeMs());
      found.add(Found.of(payment, version == null ? null : version.getValue().ifNotCancelled()));
    }
    return found;
  }

  /** {@return the payments, in the order of those for one order} */
  List<Payment> payments() {
    return payments;
  }

  /** {@return what a payment may have found when it was processed: an order in some version} */
  Set<String> openVersions() {
    Set<String> versions = new HashSet<>();
    for (Order order : all) {
      if (order.amount() > SMALL) {
        versions.add(order.id() + "+" + order.number());
      }
    }
    return versions;
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
