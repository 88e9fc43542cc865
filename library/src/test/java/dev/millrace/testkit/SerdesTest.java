package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.error.StateStoreException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.ReduceFunction;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values of a class that only its serde can write, in shuffles and in all kinds of state. */
final class SerdesTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  /** Neither a record nor anything that JSON could bring back; it can be changed. */
  static final class Order {
    private final String shop;
    private long amount;

    private Order(String shop, long amount) {
      this.shop = shop;
      this.amount = amount;
    }

    static Order of(String line) {
      String[] parts = line.split(" ");
      return new Order(parts[0], Long.parseLong(parts[1]));
    }

    String shop() {
      return shop;
    }

    long amount() {
      return amount;
    }

    Order plus(Order other) {
      return new Order(shop, amount + other.amount);
    }

    Order add(Order other) {
      amount += other.amount;
      return this;
    }

    Order subtract(Order other) {
      amount -= other.amount;
      return this;
    }

    @Override
    public String toString() {
      return shop + " " + amount;
    }
  }

  /** An order among other things. */
  record Ranked(int rank, Order order) {}

  /** The failures of a serde, which a test switches on and off. */
  private enum Trouble {
    NONE,
    FAILS,
    RETURNS_NULL,
    WRITES_HEADERS
  }

  /** Writes orders as text, but for an amount of 13, which it has trouble with. */
  private static final class OrderSerde
      implements Serde<Order>, Serializer<Order>, Deserializer<Order> {

    private final SerdesTest test;
    private boolean closed;

    OrderSerde(SerdesTest test) {
      this.test = test;
      test.made.add(this);
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
      if (order.amount == 13 && test.writing == Trouble.WRITES_HEADERS) {
        headers.add("schema", new byte[] {1});
      }
      return serialize(topic, order);
    }

    @Override
    public byte[] serialize(String topic, Order order) {
      assertThat(closed).isFalse();
      test.topics.add(topic);
      if (order.amount == 13 && test.writing == Trouble.FAILS) {
        throw new SerializationException("an unlucky amount");
      }
      return order.amount == 13 && test.writing == Trouble.RETURNS_NULL
          ? null
          : order.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Order deserialize(String topic, byte[] data) {
      assertThat(closed).isFalse();
      test.topics.add(topic);
      Order order = Order.of(new String(data, StandardCharsets.UTF_8));
      if (order.amount == 13 && test.reading == Trouble.FAILS) {
        throw new SerializationException("no registry");
      }
      return order.amount == 13 && test.reading == Trouble.RETURNS_NULL ? null : order;
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

  private final List<OrderSerde> made = new ArrayList<>();
  private final Set<String> topics = new TreeSet<>();
  private Trouble writing = Trouble.NONE;
  private Trouble reading = Trouble.NONE;

  private Job job() {
    return Job.named("shop").serde(Order.class, () -> new OrderSerde(this));
  }

  private static DataStream<Order> orders(Job job) {
    return job.source(
            KafkaSource.strings("orders")
                .eventTime(line -> START.plusSeconds(Order.of(line).amount()))
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMinutes(1))))
        .map(Order::of);
  }

  /** Keeps orders in state of every kind. */
  private static final class Ledger extends KeyedProcessFunction<String, Order, String> {
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

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void aClassWithoutDefaultConstructorIsTheRowOfATableAndOfAGroup(LocalState state) {
    Job job = job();
    orders(job)
        .toTable(Order::shop, order -> order.amount() == 0 ? null : order)
        .groupBy((shop, order) -> order.amount() % 2 == 0 ? "even" : "odd")
        .reduce(Order::add, Order::subtract)
        .name("sums")
        .mapValues(Order::amount)
        .to(KafkaSink.upsert("sums"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<String> in = test.topic("orders", String.class);
      in.send("a 2").send("b 5").send("c 4").send("d 7");
      test.run();
      assertThat(test.table("sums", Long.class)).isEqualTo(Map.of("even", 6L, "odd", 12L));
      test.restart(state);
      in.send("a 1").send("b 0").send("d 0");
      test.run();
      assertThat(test.table("sums", Long.class)).isEqualTo(Map.of("even", 4L, "odd", 1L));
      assertThat(test.state("sums", String.class, Order.class)).hasToString("{even=a 4, odd=b 1}");
      in.send("a 0");
      test.run();
      assertThat(test.table("sums", Long.class)).isEqualTo(Map.of("even", 4L));
    }
  }

  @Test
  void aClassWithoutDefaultConstructorIsTheRowOfTablesOnEveryInstance() {
    Job job = job();
    Table<String, Order> made = orders(job).toTable(Order::shop);
    Table<String, Order> ofTopic =
        job.table(KafkaTable.of("rows", String.class, Order.class, () -> new OrderSerde(this)));
    job.source(KafkaSource.strings("shops"))
        .join(made.broadcast())
        .on(shop -> shop)
        .inner((shop, order) -> order.add(order)) // The row is nobody else's.
        .join(ofTopic.broadcast())
        .on(Order::shop)
        .inner((order, row) -> row.add(order).toString())
        .to(KafkaSink.strings("sums"));
    try (JobTest test = JobTest.builder(job).startAt(START).instances(2).build()) {
      test.topic("orders", String.class).send("a 2");
      test.topic("rows", byte[].class)
          .send(TestRecord.of("a 10".getBytes(StandardCharsets.UTF_8)).key("a"));
      test.run();
      TestTopic<String> shops = test.topic("shops", String.class);
      shops.send("a").send("a").send("b");
      assertThat(test.run().drain("sums", String.class)).containsExactly("a 14", "a 14");
      shops.send("a");
      assertThat(test.restart().drain("sums", String.class)).containsExactly("a 14");
    }
  }

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void aClassWithoutDefaultConstructorIsKeptAndSent(LocalState state) {
    Job job = job();
    DataStream<Order> orders = orders(job);
    KeyedStream<String, Order> byShop = orders.keyBy(Order::shop).parallelism(1);
    byShop
        .reduce(Order::add)
        .name("totals")
        .changes()
        .map(SerdesTest::line)
        .to(KafkaSink.strings("totals"));
    byShop
        .aggregate(Aggregates.toList(Order.class))
        .name("lists")
        .changes()
        .map(SerdesTest::line)
        .to(KafkaSink.strings("lists"));
    byShop.process(Ledger::new).name("ledger").to(KafkaSink.strings("ledger"));
    byShop.sortedByEventTime().process(Ledger::new).name("sorted").to(KafkaSink.strings("sorted"));
    byShop
        .window(Windows.tumbling(Duration.ofMinutes(10)))
        .reduce(Order::add)
        .name("windows")
        .map(result -> result.value().toString())
        .to(KafkaSink.strings("windows"));
    orders.rebalance().map(Order::toString).to(KafkaSink.strings("spread"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<String> in = test.topic("orders", String.class);
      in.send("a 2").send("b 5").send("a 1");
      test.run();
      test.restart(state);
      in.send("a 4");
      test.run();
      assertThat(test.output("totals", String.class))
          .containsSubsequence("UPDATE_BEFORE a a 3", "UPDATE_AFTER a a 7")
          .contains("INSERT b b 5");
      assertThat(test.output("lists", String.class))
          .containsSubsequence("UPDATE_BEFORE a [a 2, a 1]", "UPDATE_AFTER a [a 2, a 1, a 4]");
      assertThat(test.output("ledger", String.class))
          .containsExactlyInAnyOrder(
              "a none 0 none 0 [a 2] [1:2]",
              "b none 0 none 0 [b 5] [1:5]",
              "a a 2 a 2 [a 2, a 1] [2:1, 1:2]",
              "a a 1 a 1 [a 2, a 1, a 4] [2:1, 1:2, 3:4]");
      assertThat(test.output("spread", String.class))
          .containsExactlyInAnyOrder("a 2", "b 5", "a 1", "a 4");
      assertThat(test.state("totals", String.class, Order.class)).hasToString("{a=a 7, b=b 5}");
      test.endInput();
      assertThat(test.output("windows", String.class)).containsExactlyInAnyOrder("a 7", "b 5");
      assertThat(test.output("sorted", String.class))
          .contains("a a 2 a 2 [a 1, a 2, a 4] [1:1, 2:2, 3:4]");
    }
    assertThat(topics).containsExactly("shop." + Order.class.getName());
    assertThat(made).hasSizeGreaterThan(4).allMatch(serde -> serde.closed);
  }

  private static String line(Change<String, ?> change) {
    return change.kind() + " " + change.key() + " " + change.value();
  }

  @Test
  void eachWorkerHasASerdeOfItsOwn() {
    Job job = job();
    orders(job)
        .keyBy(Order::shop)
        .parallelism(2)
        .reduce(Order::plus)
        .changes()
        .map(SerdesTest::line)
        .to(KafkaSink.strings("totals"));
    try (JobTest test = JobTest.builder(job).workers(2).startAt(START).build()) {
      assertThat(made).hasSize(2).allMatch(serde -> serde.closed); // the check of the supplier
      test.topic("orders", String.class).send("a 1").send("b 1");
      test.run();
      assertThat(made).filteredOn(serde -> !serde.closed).as("one for each worker").hasSize(3);
    }
  }

  private static Job folded(Job job, ReduceFunction<Order> reduce, boolean spoils) {
    DataStream<Order> orders = orders(job);
    orders
        .keyBy(Order::shop)
        .parallelism(1)
        .reduce(reduce)
        .name("by-shop")
        .changes()
        .map(
            change -> {
              String line = line(change);
              if (spoils) {
                change.value().amount = -1;
              }
              return line;
            })
        .to(KafkaSink.strings("by-shop"));
    orders
        .keyBy(Order::amount)
        .parallelism(1)
        .reduce(Order::plus)
        .changes()
        .map(change -> change.kind() + " " + change.key() + " " + change.value().amount())
        .to(KafkaSink.strings("by-amount"));
    return job;
  }

  @Test
  void whatOneStepDoesWithAnObjectIsNotSeenByAnother() {
    List<List<String>> outputs = new ArrayList<>();
    for (Job job : List.of(folded(job(), Order::plus, false), folded(job(), Order::add, true))) {
      try (JobTest test = JobTest.builder(job).startAt(START).build()) {
        TestTopic<String> in = test.topic("orders", String.class);
        for (int i = 0; i < 60; i++) {
          in.send("s" + i % 3 + " " + i % 7);
          if (i % 20 == 0) {
            test.run();
          }
        }
        test.run();
        outputs.add(test.output("by-shop", String.class));
        outputs.add(test.output("by-amount", String.class));
      }
    }
    assertThat(outputs.get(2)).isEqualTo(outputs.get(0)).hasSizeGreaterThan(6);
    assertThat(outputs.get(3)).isEqualTo(outputs.get(1));
  }

  @ParameterizedTest
  @EnumSource(
      value = Trouble.class,
      names = {"FAILS", "RETURNS_NULL", "WRITES_HEADERS"})
  void aValueThatCannotBeSentGoesToTheErrorPolicy(Trouble trouble) {
    writing = trouble;
    Job job = job();
    orders(job)
        .keyBy(Order::shop)
        .onError(ErrorPolicy.deadLetter())
        .process(Ledger::new)
        .to(KafkaSink.strings("ledger"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("orders", String.class).send("a 1").send("a 13").send("b 2");
      assertThat(test.run().output("ledger", String.class)).hasSize(2);
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(
              letter ->
                  assertThat(letter.message())
                      .contains("Cannot encode a Order")
                      .contains("the serializer of job.serde(Order.class, ...)"));
    }
  }

  /** Adds up what it gets in a state. */
  private static final class Totals extends KeyedProcessFunction<String, Long, String> {
    private final ValueState<Order> total = state.value("total", Order.class);

    @Override
    public void onRecord(Long amount, Context context) {
      Order before = total.valueOr(new Order(context.key(), 0));
      total.set(before.plus(new Order(context.key(), amount)));
      context.emit(total.value().toString());
    }
  }

  private static DataStream<Long> amounts(Job job) {
    return job.source(KafkaSource.strings("amounts")).map(Long::valueOf);
  }

  @Test
  void aValueThatCannotBeKeptGoesToTheErrorPolicyOfItsStep() {
    writing = Trouble.FAILS;
    Job job = job();
    amounts(job)
        .keyBy(amount -> "all")
        .process(Totals::new)
        .onError(ErrorPolicy.deadLetter())
        .to(KafkaSink.strings("totals"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("amounts", String.class).send("6").send("7").send("8");
      assertThat(test.run().output("totals", String.class)).containsExactly("all 6", "all 14");
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(letter -> assertThat(letter.message()).contains("an unlucky amount"));
    }
  }

  /** Keeps the last number, in a record that cannot be changed. */
  private static final class LastId extends KeyedProcessFunction<String, Long, String> {
    private final ValueState<Id> last = state.value("last", Id.class);

    @Override
    public void onRecord(Long number, Context context) {
      String before = String.valueOf(last.value());
      last.set(new Id("a", number.intValue()));
      context.emit(before);
    }
  }

  @Test
  void aRecordThatItsSerdeCannotKeepGoesToTheErrorPolicyToo() {
    Job job =
        Job.named("shop")
            .serde(
                Id.class,
                () ->
                    Serdes.serdeFrom(
                        (topic, id) -> {
                          if (id.number() == 13) {
                            throw new SerializationException("an unlucky number");
                          }
                          return new byte[] {(byte) id.number()};
                        },
                        (topic, data) -> new Id("read", data[0])));
    amounts(job)
        .keyBy(amount -> "all")
        .process(LastId::new)
        .onError(ErrorPolicy.deadLetter())
        .to(KafkaSink.strings("before"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("amounts", String.class).send("6").send("13").send("8");
      assertThat(test.run().output("before", String.class))
          .containsExactly("null", "Id[shop=read, number=6]");
      assertThat(test.deadLetters()).singleElement();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRowThatCannotBeKeptStopsTheJobWithNothingLost(boolean combined) {
    writing = Trouble.FAILS;
    Job job = job();
    var totals = orders(job).keyBy(Order::shop).parallelism(1).reduce(Order::plus);
    (combined ? totals : totals.onError(ErrorPolicy.skip()))
        .changes()
        .map(SerdesTest::line)
        .to(KafkaSink.strings("totals"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("orders", String.class).send("a 6").send("a 7");
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContainingAll(
              "Cannot encode a Order in stage",
              "of job 'shop': the serializer",
              "an unlucky amount");
      writing = Trouble.NONE;
      assertThat(test.restart().output("totals", String.class)).containsExactly("INSERT a a 13");
    }
  }

  /** Partial results are made where the policy is not the aggregate's own. */
  @ParameterizedTest
  @CsvSource({"FAILS, true", "FAILS, false", "RETURNS_NULL, true", "RETURNS_NULL, false"})
  void noPolicyPassesOverWhatTheDeserializerCannotRead(Trouble trouble, boolean combined) {
    reading = trouble;
    Job job = job();
    var totals = orders(job).keyBy(Order::shop).parallelism(1).reduce(Order::plus).name("totals");
    (combined ? totals : totals.onError(ErrorPolicy.skip()))
        .changes()
        .map(SerdesTest::line)
        .to(KafkaSink.strings("totals"));
    try (JobTest test = JobTest.builder(job).set("errors.policy", "skip").startAt(START).build()) {
      test.topic("orders", String.class).send("a 1").send("b 13");
      assertThatThrownBy(test::run)
          .isInstanceOf(StateStoreException.class)
          .hasMessageContainingAll(
              "that the job wrote in stage",
              "the deserializer of job.serde(Order.class, ...)",
              trouble == Trouble.FAILS ? "no registry" : "returned null, not a ",
              "Nothing that was committed is lost");
      reading = Trouble.NONE;
      test.restart();
      assertThat(test.state("totals", String.class, Order.class)).hasToString("{a=a 1, b=b 13}");
    }
  }

  @Test
  void aSerdeOfAnotherTypeIsNoticed() {
    Job job = Job.named("shop");
    @SuppressWarnings({"unchecked", "rawtypes"}) // what the compiler would have refused
    Supplier<Serde<Order>> wrong =
        () ->
            (Serde)
                Serdes.<Object>serdeFrom(
                    (topic, order) -> order.toString().getBytes(StandardCharsets.UTF_8),
                    (topic, data) -> "text");
    job.serde(Order.class, wrong);
    orders(job).keyBy(Order::shop).process(Ledger::new).to(KafkaSink.strings("ledger"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("orders", String.class).send("a 1");
      assertThatThrownBy(test::run)
          .isInstanceOf(StateStoreException.class)
          .hasMessageContaining("returned a java.lang.String, not a " + Order.class.getName());
    }
  }

  @Test
  void withoutASerdeTheMessageHasTheLineToWrite() {
    Job job = Job.named("shop");
    orders(job).keyBy(Order::shop).process(Ledger::new).to(KafkaSink.strings("ledger"));
    try (JobTest test = JobTest.of(job)) {
      assertThatThrownBy(test::run)
          .isInstanceOf(TypeInferenceException.class)
          .hasMessageContainingAll(
              "Cannot start job 'shop'",
              "Cannot encode values of Order",
              "job.serde(Order.class, () -> new TheSerde(...))");
    }
  }

  record Id(String shop, int number) {}

  private static final class PerId extends KeyedProcessFunction<String, Order, String> {
    private final MapState<Id, Long> counts = state.map("counts", Id.class, Long.class);

    @Override
    public void onRecord(Order order, Context context) {
      counts.put(new Id(order.shop(), 1), 1L);
    }
  }

  private static Serde<Id> ids() {
    return Serdes.serdeFrom(
        (topic, id) -> id.toString().getBytes(StandardCharsets.UTF_8),
        (topic, data) -> new Id("", 0));
  }

  @Test
  void keysHaveNoSerdes() {
    Job keyed = job().serde(Id.class, SerdesTest::ids);
    orders(keyed)
        .keyBy(order -> new Id(order.shop(), 1))
        .reduce(Order::plus)
        .to(KafkaSink.upsert("totals"));
    refused(
        keyed, "Cannot use job.serde(Id.class, ...) in job 'shop'", "equal keys need equal bytes");
    Job map = job().serde(Id.class, SerdesTest::ids);
    orders(map).keyBy(Order::shop).process(PerId::new).to(KafkaSink.strings("out"));
    refused(map, "the keys of map 'counts'");
  }

  @Test
  void aSharedSerdeIsRefusedWhenTheJobIsBuilt() {
    OrderSerde one = new OrderSerde(this);
    for (Supplier<Serde<Order>> shared :
        List.<Supplier<Serde<Order>>>of(
            () -> one,
            () -> Serdes.serdeFrom(one, new OrderSerde(this)),
            () -> Serdes.serdeFrom(new OrderSerde(this), one))) {
      Job job = Job.named("shop").serde(Order.class, shared);
      orders(job).keyBy(Order::shop).process(Ledger::new).to(KafkaSink.strings("out"));
      refused(
          job,
          "Cannot use job.serde(Order.class, ...) in job 'shop'",
          "returned the same serde twice");
    }
  }

  private static void refused(Job job, String... words) {
    assertThatThrownBy(() -> JobTest.of(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void aTypeHasOneSerde() {
    Job job = job();
    assertThatThrownBy(() -> job.serde(TypeRef.of(Order.class), () -> new OrderSerde(this)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("job 'shop' has one for it");
    assertThatThrownBy(() -> job.serde(String.class, Serdes::String))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("numbers, texts and times have a form of their own");
    assertThatThrownBy(() -> job.serde(Id.class, null))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the supplier is null");
  }
}
