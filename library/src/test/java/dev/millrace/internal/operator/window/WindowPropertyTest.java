package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.window.OperatorHarness.Emitted;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.NaiveWindows;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.Window;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random input, out of order within a bound: whatever the batches, restarts, aborts and limits, the
 * results are those of a computation over all of it at once.
 */
final class WindowPropertyTest {

  private static final int ROUNDS = 120;
  private static final long BOUND_MS = 30;

  private record Input(String key, long timeMs, long value) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 20_261_121, 77_777})
  void finalResultsEqualTheBatch(long seed) {
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(seed * 1_000 + round);
      WindowKind kind = randomKind(random);
      String said = "seed " + seed + ", round " + round + ", " + kind.describe();
      OperatorHarness harness = run(random, kind, WindowRules.FINAL);
      Map<String, Long> expected = batch(kind, lastInput);
      Map<String, Long> got = finals(harness, said);
      assertThat(got).as(said).isEqualTo(expected);
      assertThat(harness.late()).as(said).isZero();
      assertThat(harness.rowsLeft()).as(said + ", rows left").isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 20_261_122})
  void revisedResultsEndUpAsTheBatch(long seed) {
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(seed * 1_000 + round);
      WindowKind kind = randomKind(random);
      EmissionKind emission =
          switch (random.nextInt(3)) {
            case 0 -> new EmissionKind.OnClose();
            case 1 -> new EmissionKind.OnUpdate();
            default -> new EmissionKind.Every(20);
          };
      // Records come later than the watermark says, but within the lateness.
      WindowRules rules = new WindowRules(3 * BOUND_MS, emission, true, Optional.empty());
      String said = "seed " + seed + ", round " + round + ", " + kind.describe() + ", " + emission;
      OperatorHarness harness = run(random, kind, rules);
      Map<String, Long> got = ChangedRows.of(harness.results(), WindowPropertyTest::sum, said);
      assertThat(got).as(said).isEqualTo(batch(kind, lastInput));
      assertThat(harness.late()).as(said).isZero();
      assertThat(harness.rowsLeft()).as(said + ", rows left").isZero();
    }
  }

  /**
   * After a silence the first window of many keys does not fit into a transaction: rows of several
   * slices do not say how far in them the first record is, and windows ahead of it have no end.
   */
  @ParameterizedTest
  @CsvSource({
    "RESTORE_EACH, 1048576", "RESTORE_EACH, 1", "ABORT_EACH, 1048576", "ABORT_EACH, 1",
    "COMMIT_EACH, 1048576", "COMMIT_EACH, 1", "AS_TOLD, 1048576", "AS_TOLD, 30000"
  })
  void aWindowThatFiresInPartsGoesOnWhereItStopped(Mode mode, long cacheBytes) {
    WindowKind kind =
        WindowAccess.kind(Windows.sliding(Duration.ofMillis(60), Duration.ofMillis(1)));
    OperatorHarness harness =
        OperatorHarness.ofWindows(SUM, kind, WindowRules.FINAL, mode, cacheBytes).withRoomFor(64);
    List<Input> input = new ArrayList<>();
    harness.watermark(-1_000);
    for (int i = 0; i < 300; i++) {
      Input each = new Input("k" + i, i % 3 == 0 ? 10 : 700, 1);
      input.add(each);
      harness.record(each.key(), each.timeMs(), each.value());
    }
    harness.watermark(11);
    harness.watermark(650);
    harness.watermark(702);
    harness.watermark(Long.MAX_VALUE);
    harness.commit();
    assertThat(finals(harness, mode.toString())).isEqualTo(batch(kind, input));
    assertThat(harness.rowsLeft()).isZero();
  }

  private static Map<String, Long> finals(OperatorHarness harness, String said) {
    Map<String, Long> got = new TreeMap<>();
    for (Emitted each : harness.results()) {
      WindowResult<?, ?> result = (WindowResult<?, ?>) each.value();
      assertThat(got.put(text(result.key(), result.window()), sum(result.value())))
          .as("%s, twice: %s", said, result)
          .isNull();
    }
    return got;
  }

  private static final Fold SUM = Fold.of(Aggregates.sum((Long value) -> value));

  /** Its result is the list that is changed in place. */
  private static final Fold LIST = Fold.of(new ListsInPlace(list -> list));

  private List<Input> lastInput = List.of();

  private OperatorHarness run(Random random, WindowKind kind, WindowRules rules) {
    Fold fold = random.nextInt(3) > 0 ? SUM : LIST;
    Mode mode = Mode.values()[random.nextInt(Mode.values().length)];
    long cacheBytes = random.nextBoolean() ? 1 << 20 : 1 + random.nextInt(20_000);
    OperatorHarness harness = OperatorHarness.ofWindows(fold, kind, rules, mode, cacheBytes);
    if (random.nextBoolean()) {
      harness.withRoomFor(1 + random.nextInt(200));
    }
    // Many keys in little time, so that a firing does not fit into a transaction now and then.
    boolean crowded = random.nextInt(4) == 0;
    int keys = crowded ? 300 : 5;
    int count = crowded ? 600 : 50 + random.nextInt(250);
    long lateBy = rules.changes() ? 2 * BOUND_MS : 0;
    List<Input> input = new ArrayList<>();
    long newest = random.nextInt(2_000) - 1_000;
    for (int i = 0; i < count; i++) {
      if (random.nextInt(100) == 0) {
        // A silence, at whose end windows have nothing to close.
        newest += random.nextInt(1_500);
        harness.watermark(newest - BOUND_MS - lateBy);
      }
      newest +=
          crowded ? random.nextInt(10) / 9 : random.nextInt(random.nextInt(20) == 0 ? 300 : 8);
      long time = newest - random.nextInt((int) (BOUND_MS + lateBy + 1));
      Input each = new Input("k" + random.nextInt(keys), time, 1 + random.nextInt(9));
      input.add(each);
      harness.record(each.key(), each.timeMs(), each.value());
      if (random.nextInt(3) == 0) {
        harness.watermark(newest - BOUND_MS);
      }
      if (random.nextInt(5) == 0) {
        harness.commit();
      }
      if (random.nextInt(5) == 0) {
        harness.clock(i);
      }
    }
    harness.watermark(Long.MAX_VALUE);
    harness.commit();
    lastInput = input;
    return harness;
  }

  private static WindowKind randomKind(Random random) {
    Duration a = Duration.ofMillis(1 + random.nextInt(60));
    Duration b = Duration.ofMillis(1 + random.nextInt(60));
    return switch (random.nextInt(5)) {
      case 0 ->
          WindowAccess.kind(
              Windows.tumbling(a, Duration.ofMillis(random.nextInt((int) a.toMillis()))));
      case 1 ->
          a.compareTo(b) > 0
              ? WindowAccess.kind(Windows.sliding(a, b))
              : WindowAccess.kind(Windows.sliding(b.plusMillis(1), a));
      case 2 -> WindowAccess.kind(Windows.cumulative(a, a.multipliedBy(1 + random.nextInt(6))));
      case 3 -> // with gaps between them
          WindowAccess.kind(Windows.sliding(a, a.plus(b)));
      default -> WindowAccess.kind(Windows.session(a));
    };
  }

  private static long sum(Object result) {
    return result instanceof List<?> values
        ? values.stream().mapToLong(Long.class::cast).sum()
        : (long) result;
  }

  private static Map<String, Long> batch(WindowKind kind, Collection<Input> input) {
    Map<String, Long> sums = new TreeMap<>();
    NaiveWindows.of(
            kind,
            input.stream()
                .map(each -> new NaiveWindows.Timed<>(each.key(), each.timeMs(), each.value()))
                .toList())
        .forEach((name, values) -> sums.put(name, values.stream().mapToLong(v -> v).sum()));
    return sums;
  }

  private static String text(Object key, Window window) {
    return NaiveWindows.text(key, window);
  }
}
