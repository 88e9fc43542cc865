package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.NaiveWindows;
import dev.millrace.internal.window.NaiveWindows.Timed;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.CalendarUnit;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Decades without a record: no window is looked at in which nothing is stored, whether windows that
 * are kept for corrections lie before the silence or not.
 */
final class SilenceTest {

  private static final long LATER = Duration.ofDays(20_000).toMillis();
  private static final int MAX_ENDS = 20_000;

  private static final Fold SUM = Fold.of(Aggregates.sum((Long value) -> value));

  static Stream<Arguments> cases() {
    List<WindowSpec<?>> windows =
        List.of(
            Windows.tumbling(ms(1)),
            Windows.tumbling(ms(7), ms(3)),
            Windows.sliding(ms(60), ms(20)),
            Windows.sliding(ms(50), ms(20)),
            Windows.sliding(ms(5), ms(40)),
            Windows.sliding(ms(1), ms(2)),
            Windows.cumulative(ms(2), ms(40)),
            Windows.calendar(CalendarUnit.DAY, ZoneOffset.UTC));
    List<Arguments> cases = new ArrayList<>();
    for (WindowSpec<?> window : windows) {
      for (EmissionKind emission :
          List.of(
              new EmissionKind.OnClose(), new EmissionKind.OnUpdate(), new EmissionKind.Every(1))) {
        for (long latenessMs : new long[] {0, 10, LATER + LATER / 2, Long.MAX_VALUE}) {
          cases.add(Arguments.of(WindowAccess.kind(window), emission, latenessMs));
        }
      }
    }
    return cases.stream();
  }

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void emptyWindowsAreSkipped(WindowKind kind, EmissionKind emission, long latenessMs) {
    for (Mode mode : Mode.values()) {
      String said = kind.describe() + ", " + emission + ", " + latenessMs + ", " + mode;
      WindowRules rules = new WindowRules(latenessMs, emission, true, Optional.empty());
      StageWindowAggregate plan =
          new StageWindowAggregate(
              SUM, String.class, kind, TimeDomain.EVENT, rules, Optional.empty());
      Counted slicing = new Counted(Slicing.of(kind).orElseThrow());
      OperatorHarness harness =
          new OperatorHarness(
              plan,
              context -> new RevisedAggregate(plan, slicing, context),
              mode,
              new InMemoryStateStore(),
              1,
              1);
      List<Timed<Long>> taken = new ArrayList<>();
      long clock = 0;
      for (long base : new long[] {-LATER, 0, LATER}) {
        for (long time : new long[] {base, base + 1, base + 44}) {
          record(harness, taken, time);
          harness.watermark(time - 8);
          harness.clock(++clock);
        }
        harness.watermark(base + 1_003);
        if (latenessMs > LATER) {
          record(harness, taken, base + 2);
          harness.watermark(base + 1_004);
        }
        harness.commit();
      }
      harness.watermark(Long.MAX_VALUE);
      harness.commit();
      Map<String, Long> expected = new TreeMap<>();
      NaiveWindows.of(kind, taken)
          .forEach((name, values) -> expected.put(name, values.stream().mapToLong(v -> v).sum()));
      assertThat(ChangedRows.of(harness.results(), Long.class::cast, said))
          .as(said)
          .isEqualTo(expected);
      assertThat(harness.rowsLeft()).as(said).isZero();
    }
  }

  private static void record(OperatorHarness harness, List<Timed<Long>> taken, long time) {
    taken.add(new Timed<>("a", time, time % 10));
    harness.record("a", time, time % 10);
  }

  /** Fails if it is asked for windows again and again. */
  private static final class Counted implements Slicing {

    private final Slicing inner;
    private int ends;

    Counted(Slicing inner) {
      this.inner = inner;
    }

    @Override
    public long nextWindowEnd(long timeMs) {
      assertThat(++ends).as("windows looked at").isLessThan(MAX_ENDS);
      return inner.nextWindowEnd(timeMs);
    }

    @Override
    public long windowStart(long windowEnd) {
      assertThat(++ends).as("windows looked at").isLessThan(MAX_ENDS);
      return inner.windowStart(windowEnd);
    }

    @Override
    public long sliceEnd(long timeMs) {
      return inner.sliceEnd(timeMs);
    }

    @Override
    public long sliceStart(long sliceEnd) {
      return inner.sliceStart(sliceEnd);
    }

    @Override
    public long firstWindowEnd(long sliceEnd) {
      return inner.firstWindowEnd(sliceEnd);
    }

    @Override
    public long lastWindowEnd(long sliceEnd) {
      return inner.lastWindowEnd(sliceEnd);
    }

    @Override
    public boolean overlaps() {
      return inner.overlaps();
    }

    @Override
    public long granularityMs() {
      return inner.granularityMs();
    }
  }
}
