package dev.millrace.benchmarks;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run of {@link TableJoinsBenchmark}: the load of both tables, or their changes. */
public final class TableJoinsChild {

  record Order(long customer, long cents, String item) {}

  record Customer(String name, long limit) {}

  /** A row of the result. */
  record Priced(long cents, long limit) {
    static Priced of(Order order, @Nullable Customer customer) {
      return new Priced(order.cents(), customer == null ? OrdersInput.NONE : customer.limit());
    }
  }

  private TableJoinsChild() {}

  /** Arguments: brokers, state directory, by-key|foreign-key, output, load|changes, records. */
  public static void main(String[] args) throws Exception {
    Job job = Job.named("bench-" + args[2]);
    Table<Long, Order> orders =
        job.table(KafkaTable.json(OrdersInput.ORDERS, Long.class, Order.class));
    Table<Long, Customer> customers =
        job.table(KafkaTable.json(OrdersInput.CUSTOMERS, Long.class, Customer.class));
    Table<Long, Priced> joined =
        args[2].equals(TableJoinsBenchmark.BY_KEY)
            ? orders.join(customers).left(Priced::of)
            : orders.onForeignKey(Order::customer).join(customers).left(Priced::of);
    joined.name("joined").to(KafkaSink.upsert(args[3]));
    MeasuredJob measured =
        new MeasuredJob(
            job,
            JobConfig.defaults().with("bootstrap.servers", args[0]).with("state.dir", args[1]),
            List.of(OrdersInput.ORDERS, OrdersInput.CUSTOMERS));
    if (args[4].equals("load")) {
      measured.read(Long.parseLong(args[5]));
    } else {
      measured.toEnd();
    }
  }
}
