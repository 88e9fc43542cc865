package dev.millrace.testkit;

import static dev.millrace.testkit.OrderSerdes.START;
import static dev.millrace.testkit.OrderSerdes.orders;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.error.StateStoreException;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ValueState;
import dev.millrace.testkit.OrderSerdes.Id;
import dev.millrace.testkit.OrderSerdes.Ledger;
import dev.millrace.testkit.OrderSerdes.Trouble;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that their serde cannot write or read, and what becomes of the job. */
final class SerdeFailuresTest {

  private final OrderSerdes serdes = new OrderSerdes();

  @ParameterizedTest
  @EnumSource(
      value = Trouble.class,
      names = {"FAILS", "RETURNS_NULL", "WRITES_HEADERS"})
  void aValueThatCannotBeSentGoesToTheErrorPolicy(Trouble trouble) {
    serdes.writing = trouble;
    Job job = serdes.job();
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
    serdes.writing = Trouble.FAILS;
    Job job = serdes.job();
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

  /** Reads the values of a table's topic. */
  private static final class Lines implements Deserializer<Order> {
    @Override
    public Order deserialize(String topic, byte[] data) {
      return Order.of(new String(data, StandardCharsets.UTF_8));
    }
  }

  /** Such a row is that of one record: no other is lost with it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTablesRowThatCannotBeKeptGoesToTheErrorPolicy(boolean ofTopic) {
    serdes.writing = Trouble.FAILS;
    Job job = serdes.job();
    Table<String, Order> table =
        ofTopic
            ? job.table(KafkaTable.of("lines", String.class, Order.class, Lines::new))
            : job.source(KafkaSource.strings("lines"))
                .keyBy(line -> line.substring(0, 1))
                .latest(Order.class, Order::of);
    table
        .onError(ErrorPolicy.deadLetter())
        .changes()
        .map(OrderSerdes::line)
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<byte[]> lines = test.topic("lines", byte[].class);
      for (String line : List.of("a 1", "a 13", "b 2")) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        lines.send(TestRecord.of(bytes).key(line.substring(0, 1)));
      }
      assertThat(test.run().output("changes", String.class))
          .containsExactlyInAnyOrder("INSERT a a 1", "INSERT b b 2");
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(letter -> assertThat(letter.message()).contains("an unlucky amount"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRowThatCannotBeKeptStopsTheJobWithNothingLost(boolean combined) {
    serdes.writing = Trouble.FAILS;
    Job job = serdes.job();
    var totals = orders(job).keyBy(Order::shop).parallelism(1).reduce(Order::plus);
    (combined ? totals : totals.onError(ErrorPolicy.skip()))
        .changes()
        .map(OrderSerdes::line)
        .to(KafkaSink.strings("totals"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("orders", String.class).send("a 6").send("a 7");
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContainingAll(
              "Cannot encode a Order in stage",
              "of job 'shop': the serializer",
              "an unlucky amount");
      serdes.writing = Trouble.NONE;
      assertThat(test.restart().output("totals", String.class)).containsExactly("INSERT a a 13");
    }
  }

  /** Partial results are made where the policy is not the aggregate's own. */
  @ParameterizedTest
  @CsvSource({"FAILS, true", "FAILS, false", "RETURNS_NULL, true", "RETURNS_NULL, false"})
  void noPolicyPassesOverWhatTheDeserializerCannotRead(Trouble trouble, boolean combined) {
    serdes.reading = trouble;
    Job job = serdes.job();
    var totals = orders(job).keyBy(Order::shop).parallelism(1).reduce(Order::plus).name("totals");
    (combined ? totals : totals.onError(ErrorPolicy.skip()))
        .changes()
        .map(OrderSerdes::line)
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
      serdes.reading = Trouble.NONE;
      test.restart();
      assertThat(test.state("totals", String.class, Order.class)).hasToString("{a=a 1, b=b 13}");
    }
  }
}
