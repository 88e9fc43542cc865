package dev.millrace.chaos;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Orders that change, grouped by branch with what they were taken back, and joined with their
 * payments.
 *
 * <p>Arguments: {@code --job --orders --payments --sums --largest --paid}, the job's name and its
 * topics.
 */
public final class TablesJob implements JobDefinition {

  static final Duration BOUND = Duration.ofMillis(2_000);

  /** A payment counts if it comes within this time after its order. */
  static final Duration TERM = Duration.ofMillis(3_000);

  /**
   * A version of an order.
   *
   * @param number no other version of any order has it
   * @param amount 0 if the order is cancelled, which deletes it
   */
  public record Order(String id, long number, String branch, long amount, long timeMs) {}

  /** The payment of a version of an order. */
  public record Payment(String id, long number, long timeMs) {}

  /** A version of an order, with the number of a payment for its order, or 0 if none came. */
  public record Paid(String id, long order, long payment) {

    static Paid of(Order order, @Nullable Payment payment) {
      return new Paid(order.id(), order.number(), payment == null ? 0 : payment.number());
    }
  }

  /** A figure of a branch, emitted or taken back. */
  public record Figure(String branch, boolean retracted, long value) {

    static Figure of(Change<String, Long> change) {
      return new Figure(change.key(), change.kind().retracts(), change.value());
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
    Table<String, Order> open =
        orders
            .toTable(Order::id, order -> order.amount() == 0 ? null : order)
            .name("open")
            .filter((id, order) -> order.amount() > 10);
    figures(open.groupBy((id, order) -> order.branch()).sum(Order::amount).name("sums"))
        .to(KafkaSink.<Figure>json(arguments.text("sums")).key(Figure::branch));
    figures(
            open.groupBy((id, order) -> order.branch())
                .aggregate(Aggregates.max(Order::amount))
                .name("largest"))
        .to(KafkaSink.<Figure>json(arguments.text("largest")).key(Figure::branch));
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

  private static DataStream<Figure> figures(Table<String, Long> table) {
    return table.changes().map(Figure.class, Figure::of);
  }
}
