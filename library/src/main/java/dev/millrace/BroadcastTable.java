package dev.millrace;

import dev.millrace.internal.plan.PlanBuilder;
import java.lang.reflect.Type;

/**
 * A table that every instance of a job has whole, in memory, so that any stream can look up its
 * rows by any key where the stream's records are: nothing is shuffled.
 *
 * <pre>{@code
 * BroadcastTable<String, Country> countries =
 *     job.table(KafkaTable.json("countries", String.class, Country.class)).broadcast();
 * orders.join(countries).on(Order::country).left(Shipment::of);
 * }</pre>
 *
 * <p><b>Contract.</b> The rows of a table that {@code job.table(...)} reads are those of its topic,
 * as of now: the topic may get partitions, and is read by each instance from its beginning at each
 * start. A row of any other table is visible as soon as the commit that made it has been read. An
 * instance processes nothing that looks a table up before it has read all of the table that was
 * there when the instance started.
 *
 * <p><b>Memory.</b> The rows of all such tables of a job together, once for each instance, whatever
 * the number of its tasks: at most {@code broadcast.memory}, beyond which the instance stops with
 * an error. For larger tables there are joins that shuffle the stream, {@code stream.join(table)}.
 *
 * <p><b>Errors.</b> Records of a topic that are no row go to the error policy of the table. An
 * instance fails if it cannot continue to read a table because its topic was deleted.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <K> the keys
 * @param <V> the rows
 */
@SuppressWarnings("UnusedTypeParameter") // shows what is looked up
public final class BroadcastTable<K, V> {

  private final Table<K, V> table;

  BroadcastTable(Table<K, V> table) {
    this.table = table;
  }

  /** {@return the builder of the job that this table belongs to} */
  PlanBuilder plan() {
    return table.plan();
  }

  /** {@return the node of the table} */
  int table() {
    return table.id();
  }

  /** {@return the type of the rows} */
  Type rowType() {
    return table.rowType();
  }
}
