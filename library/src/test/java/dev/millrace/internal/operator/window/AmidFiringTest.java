package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.table.Change;
import dev.millrace.window.WindowResult;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windowed;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Records that come while a firing that takes several transactions is under way. Time has passed
 * them: what becomes of them must not depend on how much fits into a transaction, and a window that
 * has fired must not fire again.
 */
final class AmidFiringTest {

  private static final Fold SUM = Fold.of(Aggregates.sum((Long value) -> value));

  private static final WindowRules REVISED =
      new WindowRules(15, new EmissionKind.OnClose(), true, Optional.empty());

  private static final List<String> KEYS = List.of("a", "b", "c", "d");

  /** One that fires first, one that has still to fire, and one that has nothing. */
  private static final List<String> LATER_KEYS = List.of("a", "d", "z");

  private enum Kind {
    TUMBLING(Windows.tumbling(ms(20)), WindowRules.FINAL),
    SLIDING(Windows.sliding(ms(60), ms(20)), WindowRules.FINAL),
    CUMULATIVE(Windows.cumulative(ms(20), ms(60)), WindowRules.FINAL),
    SESSION(Windows.session(ms(20)), WindowRules.FINAL),
    TUMBLING_REVISED(Windows.tumbling(ms(20)), REVISED),
    SLIDING_REVISED(Windows.sliding(ms(60), ms(20)), REVISED),
    SESSION_REVISED(Windows.session(ms(20)), REVISED);

    private final WindowKind spec;
    private final WindowRules rules;

    Kind(WindowSpec<?> spec, WindowRules rules) {
      this.spec = WindowAccess.kind(spec);
      this.rules = rules;
    }

    OperatorHarness harness(Mode mode, long cacheBytes) {
      return OperatorHarness.ofWindows(SUM, spec, rules, mode, cacheBytes).withRoomFor(1);
    }
  }

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void anOldRecordIsLate(Kind kind) {
    for (Mode mode : Mode.values()) {
      for (long cacheBytes : List.of(1L, 1L << 20)) {
        String said = kind + ", " + mode + ", " + cacheBytes + " bytes";
        OperatorHarness disturbed = kind.harness(mode, cacheBytes);
        LATER_KEYS.forEach(key -> disturbed.recordAmidFiring(key, 12, 100L));
        OperatorHarness alone = kind.harness(mode, cacheBytes);
        for (OperatorHarness harness : List.of(disturbed, alone)) {
          KEYS.forEach(key -> harness.record(key, 10, 1L));
          harness.watermark(100);
          harness.commit();
        }
        assertThat(disturbed.results()).as(said).isEqualTo(alone.results()).isNotEmpty();
        assertThat(disturbed.late()).as(said).isEqualTo(LATER_KEYS.size());
        assertThat(disturbed.partlyLate()).as(said).isZero();
        disturbed.watermark(Long.MAX_VALUE);
        disturbed.commit();
        assertThat(disturbed.rowsLeft()).as(said).isZero();
      }
    }
  }

  /** Windows up to the time of the firing may have it or not; those after that must have it. */
  @ParameterizedTest
  @EnumSource(names = {"SLIDING", "CUMULATIVE"})
  void aRecordOfLaterWindowsIsPartlyLate(Kind kind) {
    for (Mode mode : Mode.values()) {
      for (long cacheBytes : List.of(1L, 1L << 20)) {
        String said = kind + ", " + mode + ", " + cacheBytes + " bytes";
        OperatorHarness harness = kind.harness(mode, cacheBytes);
        LATER_KEYS.forEach(key -> harness.recordAmidFiring(key, 70, 100L));
        KEYS.forEach(key -> harness.record(key, 65, 1L));
        harness.watermark(90);
        harness.watermark(1_000);
        harness.commit();
        assertThat(harness.partlyLate()).as(said).isEqualTo(LATER_KEYS.size());
        assertThat(harness.late()).as(said).isZero();
        Map<String, Long> ofLaterWindow = new TreeMap<>();
        for (OperatorHarness.Emitted emitted : harness.results()) {
          WindowResult<?, ?> result = (WindowResult<?, ?>) emitted.value();
          if (result.window().end().toEpochMilli() == 100) {
            assertThat(ofLaterWindow.put((String) result.key(), (Long) result.value())).isNull();
          }
        }
        assertThat(ofLaterWindow)
            .as(said)
            .isEqualTo(Map.of("a", 101L, "b", 1L, "c", 1L, "d", 101L, "z", 100L));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TUMBLING_REVISED", "SESSION_REVISED"})
  void aRecordWithinTheLatenessCorrectsItsWindow(Kind kind) {
    for (Mode mode : Mode.values()) {
      String said = kind + ", " + mode;
      OperatorHarness harness = kind.harness(mode, 1);
      LATER_KEYS.forEach(key -> harness.recordAmidFiring(key, 70, 100L));
      KEYS.forEach(key -> harness.record(key, 70, 1L));
      harness.watermark(91);
      harness.commit();
      Map<String, Object> table = new TreeMap<>();
      for (OperatorHarness.Emitted emitted : harness.results()) {
        Change<?, ?> change = (Change<?, ?>) emitted.value();
        String key = (String) ((Windowed<?>) change.key()).key();
        if (change.kind().retracts()) {
          assertThat(table.remove(key)).as(said).isEqualTo(change.value());
        } else {
          assertThat(table.put(key, change.value())).as(said).isNull();
        }
      }
      assertThat(table)
          .as(said)
          .isEqualTo(Map.of("a", 101L, "b", 1L, "c", 1L, "d", 101L, "z", 100L));
      assertThat(harness.late()).as(said).isZero();
      harness.watermark(Long.MAX_VALUE);
      harness.commit();
      assertThat(harness.rowsLeft()).as(said).isZero();
    }
  }
}
