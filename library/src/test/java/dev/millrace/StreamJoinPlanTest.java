package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Target;
import dev.millrace.output.OutputTag;
import dev.millrace.time.Watermarks;
import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Late;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What joins of streams are compiled to, and what is refused when the job is built. */
final class StreamJoinPlanTest {

  record Order(long id, String what) {}

  record Payment(long orderId, long amount) {}

  record Paid(Order order, long amount) {}

  private static final Duration HOUR = Duration.ofHours(1);

  private final Job job = Job.named("job");
  private final DataStream<Order> orders = source("orders", Order.class);
  private final DataStream<Payment> payments = source("payments", Payment.class);

  private <T> DataStream<T> source(String topic, Class<T> type) {
    return job.source(KafkaSource.json(topic, type).watermarks(Watermarks.monotonous()));
  }

  private KeyedStreamJoin<Long, Order, Payment> keyed() {
    return orders.join(payments).on(Order::id, Payment::orderId);
  }

  private PhysicalPlan compiled() {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private StagePlan joinedBy(DataStream<?> joined) {
    joined.name("joined").map(String::valueOf).to(KafkaSink.strings("out"));
    return compiled().stage("joined");
  }

  @Test
  void planShowsWhatIsShuffledAndHowItIsJoined() {
    keyed()
        .within(Duration.ZERO, HOUR)
        .left((order, payment) -> new Paid(order, payment == null ? 0 : payment.amount()))
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
              step    paid: join left, right within [0 ms, 3600000 ms] of left
              step    kafka-paid: topic paid
              keeps   job.paid.changelog
            """);
  }

  @Test
  void theResultTypeIsReadFromTheFunction() {
    DataStream<Paid> paid =
        keyed().within(Duration.ZERO, HOUR).inner((order, pay) -> new Paid(order, pay.amount()));
    List<LogicalNode> nodes = PlanAccess.of(job).nodes();
    assertThat(paid).isNotNull();
    assertThat(nodes.get(nodes.size() - 1).type()).contains(Paid.class);
  }

  @Test
  void aTypeThatTheFunctionDoesNotShowIsAskedFor() {
    DataStream<Map.Entry<Order, Payment>> pairs =
        keyed().within(Duration.ZERO, HOUR).inner((order, payment) -> Map.entry(order, payment));
    assertThatThrownBy(() -> pairs.keyBy(pair -> pair.getKey().id()))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("inner(TheType.class, ...)");
  }

  @Test
  void keyedStreamsAreJoinedByTheirKeys() {
    KeyedStream<Long, Order> byOrder = orders.keyBy(Order::id);
    StagePlan plan =
        joinedBy(
            byOrder
                .join(payments.keyBy(Payment::orderId))
                .within(HOUR, HOUR)
                .inner((order, payment) -> order.what() + payment.amount()));
    assertThat(plan.inputs()).hasSize(2);
    assertThat(plan.holdsBackMs()).isZero();
  }

  @Test
  void aStreamThatIsJoinedWithItselfIsShuffledOnce() {
    KeyedStream<Long, Order> byOrder = orders.keyBy(Order::id);
    StagePlan plan =
        joinedBy(
            byOrder
                .join(byOrder)
                .within(Duration.ZERO, HOUR)
                .inner((first, second) -> first.what() + second.what()));
    assertThat(plan.inputs().stream().map(StageInput::topic)).containsExactly("job.joined.shuffle");
    List<Target> heads = plan.inputs().get(0).heads();
    assertThat(heads).extracting(head -> ((Target.ToStep) head).input()).containsExactly(0, 1);
  }

  @Test
  void resultsWithoutAMatchHoldTimeBackForAsLongAsTheyMayWait() {
    Duration before = Duration.ofMinutes(-5);
    assertThat(holdsBack(Duration.ZERO, HOUR)).containsExactly(0L, 3_600_000L, 0L, 3_600_000L);
    assertThat(holdsBack(before, HOUR)).containsExactly(0L, 3_600_000L, 300_000L, 3_600_000L);
    assertThat(holdsBack(HOUR.negated(), before)).containsExactly(0L, 0L, 3_600_000L, 3_600_000L);
  }

  @Test
  void resultsOfWindowsAreNeverOlderThanTheWatermark() {
    List<WindowSpec<Object>> windows =
        List.of(
            Windows.tumbling(HOUR),
            Windows.sliding(HOUR, Duration.ofMinutes(5)),
            Windows.hopping(HOUR, HOUR.multipliedBy(2)),
            Windows.cumulative(Duration.ofMinutes(5), HOUR),
            Windows.calendar(CalendarUnit.DAY, ZoneOffset.UTC));
    for (WindowSpec<Object> window : windows) {
      assertThat(holdsBack(window)).as(window.toString()).isZero();
    }
  }

  private static List<Long> holdsBack(Duration lower, Duration upper) {
    StreamJoinPlanTest each = new StreamJoinPlanTest();
    BoundedStreamJoin<Order, Payment> join = each.keyed().within(lower, upper);
    List<DataStream<String>> all =
        List.of(
            join.inner((order, payment) -> ""),
            join.left((order, payment) -> ""),
            join.right((order, payment) -> ""),
            join.outer((order, payment) -> ""));
    for (int i = 0; i < all.size(); i++) {
      all.get(i).name("join-" + i).to(KafkaSink.strings("out"));
    }
    PhysicalPlan plan = each.compiled();
    return List.of(0, 1, 2, 3).stream().map(i -> plan.stage("join-" + i).holdsBackMs()).toList();
  }

  private static long holdsBack(WindowSpec<Object> window) {
    StreamJoinPlanTest each = new StreamJoinPlanTest();
    return each.joinedBy(each.keyed().within(window).outer((order, payment) -> "")).holdsBackMs();
  }

  @Test
  void theNumberOfTasksIsThatOfBothSides() {
    StagePlan plan =
        joinedBy(keyed().parallelism(5).within(HOUR, HOUR).inner((order, payment) -> order.what()));
    assertThat(plan.parallelism()).hasValue(5);
  }

  @Test
  void theNumberOfTasksIsAskedForBeforeTheBounds() {
    DataStream<String> joined = keyed().within(HOUR, HOUR).inner((order, pay) -> order.what());
    assertThatThrownBy(() -> joined.parallelism(2))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(".on(...).parallelism(...)");
  }

  @Test
  void theSameTagMayServeBothSides() {
    OutputTag<Late<Order>> late = Late.tag("late", Order.class);
    DataStream<String> joined =
        orders
            .join(orders)
            .on(Order::id, Order::id)
            .within(HOUR, HOUR)
            .lateTo(late, late)
            .inner((first, second) -> first.what());
    joined.sideOutput(late).map(String::valueOf).to(KafkaSink.strings("late"));
    assertThat(joinedBy(joined).steps()).isNotEmpty();
  }

  // ------------------------------------------------------------------ refused

  @Test
  void aSideWithoutWatermarksIsRefused() {
    orders
        .join(job.source(KafkaSource.json("plain", Payment.class)))
        .on(Order::id, Payment::orderId)
        .within(Duration.ZERO, HOUR)
        .inner((order, payment) -> order.what())
        .name("joined")
        .to(KafkaSink.strings("out"));
    assertThatThrownBy(this::compiled)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'joined'")
        .hasMessageContaining("a source of its right side has no watermarks. Add .watermarks(");
  }

  @Test
  void keysOfDifferentTypesAreRefused() {
    assertThatThrownBy(() -> orders.join(payments).on(Order::what, Payment::orderId))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("different types (java.lang.String, java.lang.Long)")
        .hasMessageContaining("on(TheKey.class, ...)");
  }

  @Test
  void aKeyThatTheFunctionDoesNotShowIsAskedFor() {
    assertThatThrownBy(
            () ->
                orders
                    .join(payments)
                    .on(order -> List.of(order.id()), payment -> List.of(payment.orderId())))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("on(TheKey.class, ...)");
  }

  @Test
  void streamsOfDifferentJobsAreRefused() {
    DataStream<Payment> foreign =
        Job.named("other").source(KafkaSource.json("payments", Payment.class));
    assertThatThrownBy(() -> orders.join(foreign))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("different jobs (job, other)");
    assertThatThrownBy(() -> orders.keyBy(Order::id).join(foreign.keyBy(Payment::orderId)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("different jobs (job, other)");
  }

  @Test
  void boundsInTheWrongOrderAreRefused() {
    assertThatThrownBy(() -> keyed().within(HOUR, Duration.ZERO))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("lower bound is above the upper one (PT1H, PT0S)");
    assertThatThrownBy(() -> keyed().within(Duration.ZERO, Duration.ofNanos(1)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("fraction of a millisecond");
  }

  @Test
  void windowsThatDependOnTheValuesOfOneStreamAreRefused() {
    WindowSpec<Object> dynamic = Windows.dynamicSession(value -> HOUR);
    for (WindowSpec<Object> window : List.of(dynamic, Windows.count(3))) {
      assertThatThrownBy(() -> keyed().within(window))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("depend on the values of one stream")
          .hasMessageContaining("sessions with one gap");
    }
  }

  @Test
  void windowsInProcessingTimeAreRefused() {
    assertThatThrownBy(() -> keyed().within(Windows.tumbling(HOUR).inProcessingTime()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("two streams meet in event time");
  }
}
