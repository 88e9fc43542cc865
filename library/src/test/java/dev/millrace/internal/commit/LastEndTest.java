package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.util.StepClock;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.junit.jupiter.api.Test;

/** When it is looked whether the last transaction has ended everywhere. */
final class LastEndTest {

  private final StepClock clock = new StepClock();
  private final Ends ends = new Ends();
  private final LastEnd last = new LastEnd(ends, clock);
  private double closed;
  private double open = 1;

  private static final class Ends implements TransactionEnds {
    private boolean settled = true;
    private boolean othersSettled = true;
    private int unsettledLooks;
    private int looks;
    private int looksAtOthers;
    private int beginnings;

    @Override
    public boolean settleLast() {
      looks++;
      return settled && unsettledLooks-- <= 0;
    }

    @Override
    public void beginsAnew() {
      beginnings++;
    }

    @Override
    public boolean settleOthers() {
      looksAtOthers++;
      return othersSettled;
    }
  }

  @Test
  void aNewProducerLooksWhatOthersHaveLeft() {
    last.initialised(metrics());
    assertThat(ends.looksAtOthers).isEqualTo(1);
    assertThat(last.isComplete()).isTrue();
    last.lookWhenIdle();
    assertThat(ends.looksAtOthers).isEqualTo(1);
    assertThat(ends.looks).as("at its own").isZero();
  }

  @Test
  void aConnectionThatWasClosedIsAReasonToLook() {
    last.initialised(metrics());
    closed = 1;
    assertThat(last.isComplete()).isTrue();
    assertThat(ends.looks).isEqualTo(1);
    assertThat(last.isComplete()).isTrue();
    assertThat(ends.looks).isEqualTo(1);
    last.lookWhenIdle();
    assertThat(ends.looksAtOthers).isEqualTo(2);
  }

  @Test
  void nothingFollowsUntilThereIsAnAnswer() {
    last.initialised(metrics());
    ends.settled = false;
    last.aborted();
    assertThat(ends.looks).isEqualTo(1);
    assertThat(last.isComplete()).isFalse();
    assertThat(last.isComplete()).isFalse();
    ends.settled = true;
    assertThat(last.isComplete()).isTrue();
    int looks = ends.looks;
    assertThat(last.isComplete()).isTrue();
    assertThat(ends.looks).isEqualTo(looks);
  }

  /** After it the epochs of what was committed have a gap. */
  @Test
  void anAbortBeginsTheCommitsAnewAsSoonAsItIsComplete() {
    last.initialised(metrics());
    assertThat(ends.beginnings).isEqualTo(1);
    closed = 1;
    assertThat(last.isComplete()).isTrue();
    assertThat(ends.beginnings).isEqualTo(1);
    ends.settled = false;
    last.aborted();
    assertThat(ends.beginnings).isEqualTo(1);
    ends.settled = true;
    assertThat(last.isComplete()).isTrue();
    assertThat(ends.beginnings).isEqualTo(2);
  }

  /** The coordinator answers before the ends are everywhere. */
  @Test
  void endsThatAreOnTheirWayAreWaitedForALittle() {
    last.initialised(metrics());
    ends.unsettledLooks = 3;
    last.aborted();
    assertThat(last.isComplete()).isTrue();
    assertThat(ends.looks).isEqualTo(4);
  }

  @Test
  void anIdleProducerLooksOnceASecondAndNotWithoutABroker() {
    last.initialised(metrics());
    closed = 1;
    open = 0;
    last.lookWhenIdle();
    assertThat(ends.looks).isZero();
    open = 1;
    ends.settled = false;
    last.lookWhenIdle();
    last.lookWhenIdle();
    assertThat(ends.looks).isEqualTo(1);
    clock.advanceMs(1_000);
    ends.settled = true;
    ends.othersSettled = false;
    last.lookWhenIdle();
    assertThat(ends.looks).isEqualTo(2);
    assertThat(ends.looksAtOthers).isEqualTo(2);
    clock.advanceMs(1_000);
    ends.othersSettled = true;
    last.lookWhenIdle();
    last.lookWhenIdle();
    assertThat(ends.looks).isEqualTo(2);
    assertThat(ends.looksAtOthers).isEqualTo(3);
  }

  private Map<MetricName, Metric> metrics() {
    return Map.of(
        name("connection-close-total", "producer-metrics"),
        metric("connection-close-total", "producer-metrics", () -> closed),
        name("connection-count", "producer-metrics"),
        metric("connection-count", "producer-metrics", () -> open),
        name("connection-count", "app-info"),
        metric("connection-count", "app-info", () -> 7.0));
  }

  private static MetricName name(String name, String group) {
    return new MetricName(name, group, "", Map.of());
  }

  private static Metric metric(String name, String group, DoubleSupplier value) {
    return new Metric() {
      @Override
      public MetricName metricName() {
        return name(name, group);
      }

      @Override
      public Object metricValue() {
        return value.getAsDouble();
      }
    };
  }
}
