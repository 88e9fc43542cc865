package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.NaiveWindows;
import dev.millrace.internal.window.NaiveWindows.Timed;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.Late;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each record that is missing from a window is counted: as late, or as late for some of them. */
final class PartlyLateTest {

  private static final Fold COUNT = Fold.of(Aggregates.<Long>count());

  private enum Kind {
    SLIDING(Windows.sliding(ms(60), ms(20)), 0),
    UNEVEN(Windows.sliding(ms(50), ms(20)), 0),
    CUMULATIVE(Windows.cumulative(ms(20), ms(60)), 0),
    TUMBLING(Windows.tumbling(ms(20)), 0),
    SLIDING_REVISED(Windows.sliding(ms(60), ms(20)), 15),
    CUMULATIVE_REVISED(Windows.cumulative(ms(20), ms(60)), 15);

    private final WindowKind spec;
    private final long latenessMs;

    Kind(WindowSpec<?> spec, long latenessMs) {
      this.spec = WindowAccess.kind(spec);
      this.latenessMs = latenessMs;
    }

    WindowRules rules() {
      return latenessMs == 0
          ? WindowRules.FINAL
          : new WindowRules(latenessMs, new EmissionKind.OnClose(), true, Optional.empty());
    }
  }

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatAWindowMissesIsCounted(Kind kind) {
    for (Mode mode : Mode.values()) {
      for (long cacheBytes : List.of(1L, 1L << 20)) {
        check(kind, mode, cacheBytes, mode.ordinal() * 7 + cacheBytes);
      }
    }
  }

  private static void check(Kind kind, Mode mode, long cacheBytes, long seed) {
    OperatorHarness harness =
        OperatorHarness.ofWindows(COUNT, kind.spec, kind.rules(), mode, cacheBytes);
    Random random = new Random(seed);
    long newest = 1_000;
    long watermark = Long.MIN_VALUE;
    long late = 0;
    long partly = 0;
    for (int i = 0; i < 300; i++) {
      newest += random.nextInt(6);
      long time = newest - random.nextInt(120);
      int weight = 1 + random.nextInt(3);
      if (weight == 1) {
        harness.record("k" + random.nextInt(3), time, 1L);
      } else {
        harness.partial("k" + random.nextInt(3), time, time, (long) weight, weight);
      }
      long closed = watermark - (watermark == Long.MIN_VALUE ? 0 : kind.latenessMs);
      Set<String> windows = NaiveWindows.of(kind.spec, List.of(new Timed<>("", time, 1))).keySet();
      long missed = windows.stream().filter(window -> end(window) <= closed).count();
      if (missed == windows.size()) {
        late += weight;
      } else if (missed > 0) {
        partly += weight;
      }
      if (random.nextInt(3) == 0) {
        watermark = newest - 10;
        harness.watermark(watermark);
      }
    }
    harness.commit();
    String said = kind + ", " + mode + ", " + cacheBytes + " bytes";
    assertThat(harness.late()).as(said).isEqualTo(late).isPositive();
    assertThat(harness.partlyLate()).as(said).isEqualTo(partly);
    if (kind != Kind.TUMBLING) {
      assertThat(partly).as(said).isPositive();
    }
  }

  private static long end(String window) {
    return Long.parseLong(window.substring(window.indexOf("..") + 2));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 9, 19})
  void aRecordInTimeForAllItsWindowsIsNotCounted(long behindMs) {
    OperatorHarness harness =
        OperatorHarness.ofWindows(COUNT, Kind.SLIDING.spec, WindowRules.FINAL, Mode.AS_TOLD, 1);
    harness.watermark(99);
    harness.record("a", 99 - behindMs, 1L);
    harness.commit();
    assertThat(harness.partlyLate()).isZero();
    assertThat(harness.late()).isZero();
  }

  /** Else what reads the late output would take a time for true that nobody believed. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aLateRecordIsOfTheKindThatItCameWith(Kind kind) {
    WindowRules rules = kind.rules().lateTo(Late.tag("late", Long.class));
    OperatorHarness harness =
        OperatorHarness.ofWindows(COUNT, kind.spec, rules, Mode.AS_TOLD, 1 << 20);
    harness.record("a", 9_000_000, FrameFormat.TOO_FAR_AHEAD, 1L);
    assertThat(harness.lastSideKind()).isEqualTo(FrameFormat.TOO_FAR_AHEAD);
    harness.watermark(1_000);
    harness.record("a", 10, FrameFormat.RECORD, 1L);
    assertThat(harness.lastSideKind()).isEqualTo(FrameFormat.RECORD);
    harness.commit();
    assertThat(harness.sides()).hasSize(2);
  }
}
