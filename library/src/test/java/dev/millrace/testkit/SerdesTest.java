package dev.millrace.testkit;

import static dev.millrace.testkit.OrderSerdes.START;
import static dev.millrace.testkit.OrderSerdes.line;
import static dev.millrace.testkit.OrderSerdes.orders;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.function.ReduceFunction;
import dev.millrace.testkit.OrderSerdes.Ledger;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Values of a class that only its serde can write, in shuffles and in all kinds of state. */
final class SerdesTest {

  private final OrderSerdes serdes = new OrderSerdes();

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void aClassWithoutDefaultConstructorIsTheRowOfATableAndOfAGroup(LocalState state) {
    Job job = serdes.job();
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
    Job job = serdes.job();
    Table<String, Order> made = orders(job).toTable(Order::shop);
    Table<String, Order> ofTopic =
        job.table(KafkaTable.of("rows", String.class, Order.class, serdes::serde));
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
    Job job = serdes.job();
    DataStream<Order> orders = orders(job);
    KeyedStream<String, Order> byShop = orders.keyBy(Order::shop).parallelism(1);
    byShop
        .reduce(Order::add)
        .name("totals")
        .changes()
        .map(OrderSerdes::line)
        .to(KafkaSink.strings("totals"));
    byShop
        .aggregate(Aggregates.toList(Order.class))
        .name("lists")
        .changes()
        .map(OrderSerdes::line)
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
    assertThat(serdes.topics).containsExactly("shop." + Order.class.getName());
    assertThat(serdes.made).hasSizeGreaterThan(4).allMatch(serde -> serde.closed);
  }

  @Test
  void eachWorkerHasASerdeOfItsOwn() {
    Job job = serdes.job();
    orders(job)
        .keyBy(Order::shop)
        .parallelism(2)
        .reduce(Order::plus)
        .changes()
        .map(OrderSerdes::line)
        .to(KafkaSink.strings("totals"));
    try (JobTest test = JobTest.builder(job).workers(2).startAt(START).build()) {
      assertThat(serdes.made)
          .hasSize(2)
          .allMatch(serde -> serde.closed); // the check of the supplier
      test.topic("orders", String.class).send("a 1").send("b 1");
      test.run();
      assertThat(serdes.made)
          .filteredOn(serde -> !serde.closed)
          .as("one for each worker")
          .hasSize(3);
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
    for (Job job :
        List.of(folded(serdes.job(), Order::plus, false), folded(serdes.job(), Order::add, true))) {
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
}
