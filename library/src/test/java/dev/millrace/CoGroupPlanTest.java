package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.Collector;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.output.OutputTag;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import dev.millrace.window.CoGroupFunction;
import dev.millrace.window.Late;
import dev.millrace.window.Records;
import dev.millrace.window.Window;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What co-groups and joins by sessions are compiled to, and what is refused. */
final class CoGroupPlanTest {

  record Order(long id, String what) {}

  record Payment(long orderId, long amount) {}

  record Paid(long id, int payments) {}

  private static final Duration HOUR = Duration.ofHours(1);

  private final Job job = Job.named("job");
  private final DataStream<Order> orders = source("orders", Order.class);
  private final DataStream<Payment> payments = source("payments", Payment.class);

  private <T> DataStream<T> source(String topic, Class<T> type) {
    return job.source(KafkaSource.json(topic, type).watermarks(Watermarks.monotonous()));
  }

  private KeyedCoGroup<Long, Order, Payment> keyed() {
    return orders.keyBy(Order::id).coGroup(payments.keyBy(Payment::orderId));
  }

  private static final class CountPayments implements CoGroupFunction<Long, Order, Payment, Paid> {
    @Override
    public void apply(
        Long id, Window window, Records<Order> placed, Records<Payment> paid, Collector<Paid> out) {
      out.emit(new Paid(id, paid.toList().size()));
    }
  }

  private PhysicalPlan compiled() {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private StagePlan stage(DataStream<?> grouped) {
    grouped.name("grouped").map(String::valueOf).to(KafkaSink.strings("out"));
    return compiled().stage("grouped");
  }

  private static StagePlan stage(WindowSpec<Object> window) {
    CoGroupPlanTest each = new CoGroupPlanTest();
    return each.stage(each.keyed().within(window).apply(new CountPayments()));
  }

  @Test
  void planShowsWhatIsShuffledAndWhatItIsGroupedIn() {
    keyed()
        .within(Windows.tumbling(HOUR))
        .apply(new CountPayments())
        .name("paid")
        .to(KafkaSink.json("paid"));
    assertThat(PlanPrinter.text(compiled()))
        .isEqualTo(
            """
            job job

            stage orders  (group job.orders)
              reads   topic orders, event time with watermarks
              writes  shuffle job.paid.left.shuffle by java.lang.Long

            stage payments  (group job.payments)
              reads   topic payments, event time with watermarks
              writes  shuffle job.paid.right.shuffle by java.lang.Long

            stage paid  (group job.paid)
              reads   shuffle job.paid.left.shuffle
              reads   shuffle job.paid.right.shuffle
              step    paid: coGroup in tumbling(3600000 ms)
              step    kafka-paid: topic paid
              keeps   job.paid.changelog
            """);
  }

  @Test
  void planShowsJoinsBySessions() {
    DataStream<Paid> paid =
        orders
            .join(payments)
            .on(Order::id, Payment::orderId)
            .within(Windows.session(HOUR))
            .left((order, payment) -> new Paid(order.id(), payment == null ? 0 : 1));
    StagePlan plan = stage(paid);
    assertThat(PlanPrinter.text(compiled()))
        .contains("step    grouped: join left, both in session(3600000 ms)\n");
    assertThat(plan.holdsBackMs()).isEqualTo(1);
  }

  @Test
  void theResultTypeIsReadFromTheFunction() {
    DataStream<Paid> paid = keyed().within(Windows.session(HOUR)).apply(new CountPayments());
    List<LogicalNode> nodes = PlanAccess.of(job).nodes();
    assertThat(paid).isNotNull();
    assertThat(nodes.get(nodes.size() - 1).type()).contains(Paid.class);
  }

  @Test
  void aTypeThatTheFunctionDoesNotShowIsAskedFor() {
    DataStream<String> grouped =
        keyed()
            .within(Windows.session(HOUR))
            .apply((id, window, placed, paid, out) -> out.emit("" + id));
    assertThatThrownBy(() -> grouped.keyBy(text -> text))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("apply(TheType.class, ...)");
    assertThat(grouped.returns(new TypeRef<String>() {}).keyBy(text -> text)).isNotNull();
  }

  @Test
  void aStreamThatMeetsItselfIsShuffledOnce() {
    KeyedStream<Long, Order> byOrder = orders.keyBy(Order::id);
    StagePlan plan =
        stage(
            byOrder
                .coGroup(byOrder)
                .parallelism(5)
                .within(Windows.tumbling(HOUR))
                .apply(String.class, (id, window, some, others, out) -> out.emit("" + id)));
    assertThat(plan.inputs().stream().map(StageInput::topic))
        .containsExactly("job.grouped.shuffle");
    assertThat(plan.parallelism()).hasValue(5);
  }

  @Test
  void onlySessionsAreOlderThanTheWatermark() {
    assertThat(stage(Windows.tumbling(HOUR)).holdsBackMs()).isZero();
    assertThat(stage(Windows.sliding(HOUR, Duration.ofMinutes(5))).holdsBackMs()).isZero();
    assertThat(stage(Windows.session(HOUR)).holdsBackMs()).isEqualTo(1);
  }

  /** Rows of the one would be misread by the others: a start with them is refused. */
  @Test
  void theManifestTellsApartWhatKeepsOtherRows() {
    DataStream<Paid> pairs =
        orders
            .join(payments)
            .on(Order::id, Payment::orderId)
            .within(Windows.session(HOUR))
            .inner((order, payment) -> new Paid(order.id(), 1));
    List<StagePlan> plans =
        List.of(
            stage(Windows.tumbling(HOUR)),
            stage(Windows.tumbling(HOUR.multipliedBy(2))),
            stage(Windows.sliding(HOUR, Duration.ofMinutes(5))),
            stage(Windows.session(HOUR)),
            stage(Windows.session(HOUR.multipliedBy(2))),
            stage(pairs));
    Set<String> descriptions = new HashSet<>();
    for (StagePlan plan : plans) {
      StageOperator operator =
          plan.steps().stream()
              .map(Step::operator)
              .filter(StageOperator::keepsState)
              .findFirst()
              .orElseThrow();
      assertThat(operator.stores()).hasSize(5);
      assertThat(operator.boundToEnd()).isPresent();
      descriptions.add(operator.describeState());
    }
    assertThat(descriptions).hasSameSizeAs(plans);
  }

  @Test
  void theSameTagMayServeBothSides() {
    OutputTag<Late<Order>> late = Late.tag("late", Order.class);
    DataStream<String> grouped =
        orders
            .keyBy(Order::id)
            .coGroup(orders.keyBy(Order::id))
            .within(Windows.session(HOUR))
            .lateTo(late, late)
            .apply(String.class, (id, window, some, others, out) -> out.emit("" + id));
    grouped.sideOutput(late).map(String::valueOf).to(KafkaSink.strings("late"));
    assertThat(stage(grouped).steps()).isNotEmpty();
  }

  // ------------------------------------------------------------------ refused

  @Test
  void aSideWithoutWatermarksIsRefused() {
    orders
        .keyBy(Order::id)
        .coGroup(job.source(KafkaSource.json("plain", Payment.class)).keyBy(Payment::orderId))
        .within(Windows.session(HOUR))
        .apply(new CountPayments())
        .name("grouped")
        .to(KafkaSink.json("out"));
    assertThatThrownBy(this::compiled)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'grouped'")
        .hasMessageContaining("a source of its right side has no watermarks. Add .watermarks(");
  }

  @Test
  void streamsOfDifferentJobsAreRefused() {
    DataStream<Payment> foreign =
        Job.named("other").source(KafkaSource.json("payments", Payment.class));
    assertThatThrownBy(() -> orders.keyBy(Order::id).coGroup(foreign.keyBy(Payment::orderId)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("different jobs (job, other)");
  }

  @Test
  void windowsThatDependOnTheValuesOfOneStreamAreRefused() {
    WindowSpec<Object> dynamic = Windows.dynamicSession(value -> HOUR);
    for (WindowSpec<Object> window : List.of(Windows.count(3), dynamic)) {
      assertThatThrownBy(() -> keyed().within(window))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("depend on the values of one stream")
          .hasMessageContaining("sessions with one gap");
    }
  }

  @Test
  void windowsInProcessingTimeAreRefused() {
    assertThatThrownBy(() -> keyed().within(Windows.session(HOUR).inProcessingTime()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("two streams meet in event time");
  }
}
