package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.connector.KafkaSource;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/**
 * The serdes of orders in one test, what it sees of them, and the trouble that it has them make;
 * with jobs of such orders.
 */
final class OrderSerdes {

  static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  /** All serdes that were asked for. */
  final List<OrderSerde> made = new ArrayList<>();

  /** The topics that they were called for. */
  final Set<String> topics = new TreeSet<>();

  Trouble writing = Trouble.NONE;
  Trouble reading = Trouble.NONE;

  /** {@return a serde that this sees} */
  OrderSerde serde() {
    return new OrderSerde(this);
  }

  /** {@return a job whose orders have these serdes} */
  Job job() {
    return Job.named("shop").serde(Order.class, this::serde);
  }

  static DataStream<Order> orders(Job job) {
    return job.source(
            KafkaSource.strings("orders")
                .eventTime(line -> START.plusSeconds(Order.of(line).amount()))
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMinutes(1))))
        .map(Order::of);
  }

  static String line(Change<String, ?> change) {
    return change.kind() + " " + change.key() + " " + change.value();
  }

  /** An order among other things. */
  record Ranked(int rank, Order order) {}

  /** A key of two parts. */
  record Id(String shop, int number) {}

  /** Keeps orders in state of every kind. */
  static final class Ledger extends KeyedProcessFunction<String, Order, String> {
    private final ValueState<Order> last = state.value("last", Order.class);
    private final ValueState<Order> lately =
        state.value("lately", Order.class).expireAfter(Duration.ofHours(1));
    private final ListState<Order> all = state.list("all", Order.class);
    private final MapState<Long, Ranked> ranked =
        state.map("ranked", Long.class, Ranked.class).expireAfter(Duration.ofHours(1));

    @Override
    public void onRecord(Order order, Context context) {
      Order before = last.valueOr(new Order("none", 0));
      Order recent = lately.valueOr(before);
      all.add(order);
      ranked.put(order.amount(), new Ranked(all.size(), order));
      last.set(order);
      lately.set(order);
      List<String> ranks =
          ranked.entries().stream()
              .map(entry -> entry.getValue().rank() + ":" + entry.getValue().order().amount())
              .toList();
      context.emit(context.key() + " " + before + " " + recent + " " + all.values() + " " + ranks);
      order.amount = -1; // The state is nobody else's.
    }
  }

  /** The failures of a serde, which a test switches on and off. */
  enum Trouble {
    NONE,
    FAILS,
    RETURNS_NULL,
    WRITES_HEADERS
  }

  /** Writes orders as text, but for an amount of 13, which it has trouble with. */
  static final class OrderSerde implements Serde<Order>, Serializer<Order>, Deserializer<Order> {

    private final OrderSerdes seen;
    boolean closed;

    private OrderSerde(OrderSerdes seen) {
      this.seen = seen;
      seen.made.add(this);
    }

    @Override
    public Serializer<Order> serializer() {
      return this;
    }

    @Override
    public Deserializer<Order> deserializer() {
      return this;
    }

    @Override
    public byte[] serialize(String topic, Headers headers, Order order) {
      if (order.amount == 13 && seen.writing == Trouble.WRITES_HEADERS) {
        headers.add("schema", new byte[] {1});
      }
      return serialize(topic, order);
    }

    @Override
    public byte[] serialize(String topic, Order order) {
      assertThat(closed).isFalse();
      seen.topics.add(topic);
      if (order.amount == 13 && seen.writing == Trouble.FAILS) {
        throw new SerializationException("an unlucky amount");
      }
      return order.amount == 13 && seen.writing == Trouble.RETURNS_NULL
          ? null
          : order.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Order deserialize(String topic, byte[] data) {
      assertThat(closed).isFalse();
      seen.topics.add(topic);
      Order order = Order.of(new String(data, StandardCharsets.UTF_8));
      if (order.amount == 13 && seen.reading == Trouble.FAILS) {
        throw new SerializationException("no registry");
      }
      return order.amount == 13 && seen.reading == Trouble.RETURNS_NULL ? null : order;
    }

    @Override
    public void configure(Map<String, ?> settings, boolean isKey) {
      throw new AssertionError("the supplier configures it");
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
