package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.window.OperatorHarness.Emitted;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.window.Trigger;
import dev.millrace.window.Triggers;
import dev.millrace.window.Windows;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The times of panes, of which downstream must not have been told that nothing is to come. */
final class GlobalAggregateTest {

  private static final Fold SUM = Fold.of(Aggregates.sum((Long value) -> value));

  private static OperatorHarness harness(Trigger<Object> trigger, Mode mode) {
    return OperatorHarness.ofWindows(
        SUM, WindowAccess.kind(Windows.global(trigger)), WindowRules.FINAL, mode, 1 << 20);
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void aPaneThatIsCompletedByEventTimeIsNotLate(Mode mode) {
    OperatorHarness harness = harness(Triggers.afterEventTime(Duration.ofMillis(10)), mode);
    harness.record("k", 5, 1L);
    harness.record("k", 7, 1L);
    harness.watermark(14);
    harness.watermark(20);
    harness.record("k", 30, 1L);
    harness.watermark(Long.MAX_VALUE);
    harness.commit();
    assertThat(harness.results().stream().map(Emitted::timeMs)).containsExactly(14L, 30L);
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void aPaneThatIsCompletedByTheClockIsNotLate(Mode mode) {
    OperatorHarness harness = harness(Triggers.afterProcessingTime(Duration.ofMillis(10)), mode);
    harness.clock(100);
    harness.record("k", 5, 1L);
    harness.watermark(50);
    harness.clock(110);
    harness.record("k", 60, 1L);
    harness.clock(120);
    harness.commit();
    assertThat(harness.results().stream().map(Emitted::timeMs)).containsExactly(50L, 60L);
  }
}
