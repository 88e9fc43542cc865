package dev.millrace.testkit;

import static dev.millrace.testkit.OrderSerdes.orders;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.error.StateStoreException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.MapState;
import dev.millrace.testkit.OrderSerdes.Id;
import dev.millrace.testkit.OrderSerdes.Ledger;
import dev.millrace.testkit.OrderSerdes.OrderSerde;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.Test;

/** Serdes that a job cannot have, and types that need one. */
final class SerdeRulesTest {

  private final OrderSerdes serdes = new OrderSerdes();

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
          .isInstanceOfSatisfying(
              StateStoreException.class,
              failure -> {
                assertThat(failure.place().job()).contains("shop");
                assertThat(failure)
                    .hasMessageContaining(
                        " in stage '" + failure.place().stage().orElseThrow() + "' of job 'shop'");
              })
          .hasMessageContaining("returned a java.lang.String, not a " + Order.class.getName());
    }
  }

  @Test
  void withoutASerdeTheMessageHasTheLineToWrite() {
    Job job = Job.named("shop");
    orders(job).keyBy(Order::shop).process(Ledger::new).to(KafkaSink.strings("ledger"));
    try (JobTest test = JobTest.of(job)) {
      assertThatThrownBy(test::run)
          .isInstanceOfSatisfying(
              TypeInferenceException.class,
              failure -> assertThat(failure.place()).isEqualTo(Place.ofJob("shop")))
          .hasMessageContainingAll(
              "Cannot start job 'shop'",
              "Cannot encode values of Order",
              "job.serde(Order.class, () -> new TheSerde(...))");
    }
  }

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
    Job keyed = serdes.job().serde(Id.class, SerdeRulesTest::ids);
    orders(keyed)
        .keyBy(order -> new Id(order.shop(), 1))
        .reduce(Order::plus)
        .to(KafkaSink.upsert("totals"));
    refused(
        keyed, "Cannot use job.serde(Id.class, ...) in job 'shop'", "equal keys need equal bytes");
    Job map = serdes.job().serde(Id.class, SerdeRulesTest::ids);
    orders(map).keyBy(Order::shop).process(PerId::new).to(KafkaSink.strings("out"));
    refused(map, "the keys of map 'counts'");
  }

  @Test
  void aSharedSerdeIsRefusedWhenTheJobIsBuilt() {
    OrderSerde one = serdes.serde();
    for (Supplier<Serde<Order>> shared :
        List.<Supplier<Serde<Order>>>of(
            () -> one,
            () -> Serdes.serdeFrom(one, serdes.serde()),
            () -> Serdes.serdeFrom(serdes.serde(), one))) {
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
    Job job = serdes.job();
    assertThatThrownBy(() -> job.serde(TypeRef.of(Order.class), serdes::serde))
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
