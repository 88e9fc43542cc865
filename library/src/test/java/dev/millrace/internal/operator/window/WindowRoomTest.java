package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.operator.window.OperatorHarness.Emitted;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.Triggers;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The room that windows take of a transaction: what they have is known in bytes at the commit only,
 * and must not have filled the heap by then.
 */
final class WindowRoomTest {

  private static final Fold LIST = fold(Aggregates.toList(String.class));
  private static final Fold COUNT = fold(Aggregates.count());
  private static final int RECORDS = 500;
  private static final String TEXT = "x".repeat(1_000);

  private static Fold fold(Aggregation<?, ?, ?> aggregation) {
    return new Fold(
        FoldFunction.of(aggregation),
        aggregation.accumulatorType().type(),
        aggregation.resultType().type(),
        true);
  }

  /** All kinds, with memory for what is no row yet, and without. */
  static List<Arguments> windows() {
    WindowKind tumbling = WindowAccess.kind(Windows.tumbling(Duration.ofMillis(100)));
    WindowKind sliding =
        WindowAccess.kind(Windows.sliding(Duration.ofMillis(100), Duration.ofMillis(10)));
    WindowKind sessions = WindowAccess.kind(Windows.session(Duration.ofMillis(100)));
    WindowKind global = WindowAccess.kind(Windows.global(Triggers.count(RECORDS)));
    return List.of(
        Arguments.of(tumbling, 1 << 16),
        Arguments.of(tumbling, 0),
        Arguments.of(sliding, 1 << 16),
        Arguments.of(sliding, 0),
        Arguments.of(sessions, 0),
        Arguments.of(global, 0));
  }

  private static OperatorHarness harness(Fold fold, WindowKind kind, long cacheBytes) {
    return OperatorHarness.ofWindows(fold, kind, WindowRules.FINAL, Mode.AS_TOLD, cacheBytes);
  }

  @ParameterizedTest
  @MethodSource("windows")
  void whatGrowsTakesRoomBeforeItIsWritten(WindowKind kind, long cacheBytes) {
    OperatorHarness harness = harness(LIST, kind, cacheBytes);
    for (int i = 1; i < RECORDS; i++) {
      harness.record("k", 5, TEXT);
    }
    assertThat(harness.dirtyBytes()).isBetween(1_000_000L, 10_000_000L);
    harness.record("k", 5, TEXT);
    harness.watermark(1_000);
    harness.commit();
    Emitted first = harness.results().get(0);
    assertThat((List<?>) ((WindowResult<?, ?>) first.value()).value()).hasSize(RECORDS);
    assertThat(harness.dirtyBytes()).isZero();
  }

  /** As windows in memory they are too much after each record. */
  @Test
  void whatHasGrownInMemoryTakesRoomAsRows() {
    OperatorHarness harness =
        harness(LIST, WindowAccess.kind(Windows.tumbling(Duration.ofMillis(100))), 1 << 16);
    for (int i = 0; i < 50; i++) {
      harness.record("k", 100 * i, TEXT.repeat(20));
    }
    assertThat(harness.dirtyBytes()).isBetween(2_000_000L, 10_000_000L);
  }

  @Test
  void theSessionsOfAKeyTakeRoom() {
    WindowKind sessions = WindowAccess.kind(Windows.session(Duration.ofMillis(10)));
    OperatorHarness counts = harness(COUNT, sessions, 0);
    OperatorHarness lists = harness(LIST, sessions, 0);
    for (int i = 0; i < RECORDS; i++) {
      counts.record("k", 100 * i, TEXT);
      lists.record("k", 100 * i, TEXT);
    }
    assertThat(counts.dirtyBytes()).isBetween(20_000L, 100_000L);
    assertThat(lists.dirtyBytes()).isBetween(1_000_000L, 10_000_000L);
  }
}
