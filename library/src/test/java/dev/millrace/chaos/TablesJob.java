package dev.millrace.chaos;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Orders that change: grouped by branch with what they were taken back, joined with their payments
 * as streams and as tables and with their branches by a foreign key, and looked up by payments.
 *
 * <p>Arguments: {@code --job}, the job's name, and one with the name of each of {@link #TOPICS}.
 */
public final class TablesJob implements JobDefinition {

  /** The topics that it reads, then those that it writes. */
  static final List<String> TOPICS =
      List.of(
          "orders",
          "payments",
          "branches",
          "sums",
          "largest",
          "paid",
          "newest",
          "all-of",
          "placed",
          "found",
          "found-then");

  static final Duration BOUND = Duration.ofMillis(2_000);

  /** A payment counts if it comes within this time after its order. */
  static final Duration TERM = Duration.ofMillis(3_000);

  /**
   * A version of an order.
   *
   * @param number no other version of any order has it
   * @param amount 0 if the order is cancelled, which deletes it
   */
  public record Order(String id, long number, String branch, long amount, long timeMs) {

    /** {@return the order, or null if it is cancelled} */
    @Nullable Order ifNotCancelled() {
      return amount == 0 ? null : this;
    }
  }

  /** The payment of a version of an order. */
  public record Payment(String id, long number, long timeMs) {

    /** {@return whether it only lets time go on} */
    boolean isEnd() {
      return id.startsWith(Orders.END);
    }
  }

  /** A version of a branch. */
  public record Branch(long number) {}

  /** A version of an order, with the number of a payment for its order, or 0 if none came. */
  public record Paid(String id, long order, long payment) {

    static Paid of(Order order, @Nullable Payment payment) {
      return new Paid(order.id(), order.number(), payment == null ? 0 : payment.number());
    }
  }

  /** A payment, with the version of its order that it has found, or 0 if there was none. */
  public record Found(String id, long payment, long order) {

    static Found of(Payment payment, @Nullable Order order) {
      return new Found(payment.id(), payment.number(), order == null ? 0 : order.number());
    }
  }

  /** A change of a row of a table. */
  public record RowChange(String key, Change.Kind kind, String row) {

    static RowChange of(Change<String, String> change) {
      return new RowChange(change.key(), change.kind(), change.value());
    }
  }

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("job"));
    DataStream<Order> orders =
        job.source(
            KafkaSource.json(arguments.text("orders"), Order.class)
                .eventTime(order -> Instant.ofEpochMilli(order.timeMs()))
                .watermarks(Watermarks.boundedOutOfOrderness(BOUND).idleness(Duration.ofHours(1))));
    DataStream<Payment> payments =
        job.source(
            KafkaSource.json(arguments.text("payments"), Payment.class)
                .eventTime(payment -> Instant.ofEpochMilli(payment.timeMs()))
                .watermarks(Watermarks.boundedOutOfOrderness(BOUND).idleness(Duration.ofHours(1))));
    Table<String, Branch> branches =
        job.table(KafkaTable.json(arguments.text("branches"), String.class, Branch.class));
    Table<String, Order> open =
        orders
            .toTable(Order::id, Order::ifNotCancelled)
            .name("open")
            .filter((id, order) -> order.amount() > 10);
    groups(open, arguments);
    tables(open, payments, branches, arguments);
    lookups(orders, open, payments, arguments);
    orders
        .join(payments)
        .on(Order::id, Payment::id)
        .parallelism(4)
        .within(Duration.ZERO, TERM)
        .left(Paid.class, Paid::of)
        .name("paid")
        .to(KafkaSink.<Paid>json(arguments.text("paid")).key(Paid::id));
    return job;
  }

  private static void groups(Table<String, Order> open, JobArguments arguments) {
    write(
        open.groupBy((id, order) -> order.branch())
            .sum(Order::amount)
            .name("sums")
            .mapValues(String.class, String::valueOf),
        arguments.text("sums"));
    write(
        open.groupBy((id, order) -> order.branch())
            .aggregate(Aggregates.max(Order::amount))
            .name("largest")
            .mapValues(String.class, String::valueOf),
        arguments.text("largest"));
  }

  /** Joins of two and three tables by their key, and one by a foreign key. */
  private static void tables(
      Table<String, Order> open,
      DataStream<Payment> payments,
      Table<String, Branch> branches,
      JobArguments arguments) {
    KeyedStream<String, Payment> byId =
        payments.filter(payment -> !payment.isEnd()).keyBy(Payment::id);
    Table<String, Payment> newest = byId.latest().name("newest-payments");
    Table<String, Long> numbers = byId.count().name("payment-counts");
    write(
        open.join(newest).outer(String.class, TablesJob::text).name("newest"),
        arguments.text("newest"));
    write(
        open.join(newest)
            .leftJoin(numbers)
            .inner(String.class, (order, payment, number) -> text(order, payment) + "+" + number)
            .name("all-of"),
        arguments.text("all-of"));
    write(
        open.onForeignKey(Order::branch)
            .join(branches)
            .left(
                String.class,
                (order, branch) -> order.number() + "+" + (branch == null ? "-" : branch.number()))
            .name("placed"),
        arguments.text("placed"));
  }

  static String text(@Nullable Order order, @Nullable Payment payment) {
    return (order == null ? "-" : order.number())
        + "+"
        + (payment == null ? "-" : payment.number());
  }

  private static void lookups(
      DataStream<Order> orders,
      Table<String, Order> open,
      DataStream<Payment> payments,
      JobArguments arguments) {
    DataStream<Payment> all = payments.filter(payment -> !payment.isEnd());
    all.join(open)
        .on(Payment::id)
        .left(Found.class, Found::of)
        .name("found")
        .to(KafkaSink.<Found>json(arguments.text("found")).key(Found::id));
    all.join(orders.toTable(Order::id, Order::ifNotCancelled))
        .on(Payment::id)
        .asOfEventTime()
        .left(Found.class, Found::of)
        .name("found-then")
        .to(KafkaSink.<Found>json(arguments.text("found-then")).key(Found::id));
  }

  private static void write(Table<String, String> table, String topic) {
    table
        .changes()
        .map(RowChange.class, RowChange::of)
        .to(KafkaSink.<RowChange>json(topic).key(RowChange::key));
  }
}
