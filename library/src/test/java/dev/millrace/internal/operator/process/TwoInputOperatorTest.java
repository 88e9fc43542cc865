package dev.millrace.internal.operator.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.FromInput;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ListState;
import dev.millrace.state.ValueState;
import dev.millrace.time.TimeDomain;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An operator that gets records of two inputs, one call at a time, with one state per key. */
final class TwoInputOperatorTest {

  /** Matches each order with the first payment after it, for ten milliseconds. */
  static final class Payments extends KeyedProcessFunction<String, FromInput, String> {
    private final ListState<String> orders = state.list("orders", String.class);
    private final ValueState<Long> paid = state.value("paid", Long.class);

    @Override
    public void onRecord(FromInput record, Context context) {
      if (record.input() == 0) {
        orders.add((String) record.value());
        context.timers().setEventTime(context.eventTime().plusMillis(10));
        return;
      }
      paid.set(paid.valueOr(0L) + 1);
      orders.values().forEach(order -> context.emit(order + " by " + record.value()));
      orders.clear();
      if (record.value().equals("bad")) {
        throw new IllegalArgumentException("bad");
      }
    }

    @Override
    public void onTimer(Instant time, Context context) {
      orders.values().forEach(order -> context.emit(order + " unpaid, " + paid.valueOr(0L)));
      orders.clear();
    }
  }

  private final ProcessHarness harness =
      new ProcessHarness(Payments::new, ErrorPolicy.skip(), TimeDomain.EVENT, 2);

  @AfterEach
  void close() {
    harness.close();
  }

  @Test
  void bothInputsHaveOneStatePerKey() {
    harness.record(0, "a", 1, "order1");
    harness.record(1, "b", 2, "pay");
    harness.record(1, "a", 3, "pay");
    harness.record(0, "b", 4, "order2");
    assertThat(harness.watermark(20)).isTrue();
    assertThat(harness.results).containsExactly("order1 by pay@3", "order2 unpaid, 1@14");
  }

  @Test
  void eitherInputMayComeFirst() {
    harness.record(1, "a", 9, "pay");
    harness.record(0, "a", 1, "order");
    harness.record(1, "a", 5, "pay");
    assertThat(harness.results).containsExactly("order by pay@5");
  }

  @Test
  void bothAreAsOfTheCommitAfterAnAbort() {
    harness.record(0, "a", 1, "order1");
    harness.commit();
    harness.record(1, "a", 2, "pay");
    harness.record(0, "a", 3, "order2");
    harness.abort();
    harness.results.clear();
    harness.record(1, "a", 2, "pay");
    assertThat(harness.results).containsExactly("order1 by pay@2");
    assertThat(harness.watermark(20)).isTrue();
    assertThat(harness.results).hasSize(1);
  }

  @Test
  void aFailedCallOfOneInputLeavesNoTraceInTheOther() {
    harness.record(0, "a", 1, "order");
    harness.record(1, "a", 2, "bad");
    assertThat(harness.failures).hasSize(1);
    assertThat(harness.watermark(20)).isTrue();
    assertThat(harness.results).containsExactly("order unpaid, 0@11");
  }
}
