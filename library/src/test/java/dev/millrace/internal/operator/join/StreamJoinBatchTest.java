package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.join.RandomRun.In;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.window.WindowKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random records, out of order, with commits, aborts and full transactions at any moment: the
 * results are those of a join of all records at once. Records that are late are left out of it, and
 * all others have missed nothing.
 */
final class StreamJoinBatchTest {

  @TempDir Path directory;

  private record Bounds(JoinBounds of, @Nullable Interval interval, long sizeMs, long slideMs) {

    List<String> results(List<In> all, JoinKind kind) {
      Interval within = interval;
      return within == null ? inWindows(all, kind) : within.results(all, kind);
    }

    private List<String> inWindows(List<In> all, JoinKind kind) {
      Set<Long> ends = new TreeSet<>();
      for (In one : all) {
        for (long start = Math.floorDiv(one.timeMs(), slideMs) * slideMs;
            start > one.timeMs() - sizeMs;
            start -= slideMs) {
          ends.add(start + sizeMs);
        }
      }
      List<String> results = new ArrayList<>();
      for (long end : ends) {
        List<In> inside =
            all.stream().filter(in -> in.timeMs() < end && in.timeMs() >= end - sizeMs).toList();
        for (In one : inside) {
          List<In> met =
              inside.stream()
                  .filter(in -> in.input() != one.input() && in.key().equals(one.key()))
                  .toList();
          add(results, one, met, kind, in -> end - 1);
        }
      }
      return results;
    }
  }

  private record Interval(long lowerMs, long upperMs) {

    List<String> results(List<In> all, JoinKind kind) {
      List<String> results = new ArrayList<>();
      for (In one : all) {
        List<In> met =
            all.stream()
                .filter(in -> in.input() != one.input() && in.key().equals(one.key()))
                .filter(in -> one.input() == 0 ? isMet(one, in) : isMet(in, one))
                .toList();
        add(results, one, met, kind, in -> Math.max(one.timeMs(), in.timeMs()));
      }
      return results;
    }

    private boolean isMet(In left, In right) {
      return right.timeMs() >= left.timeMs() + lowerMs && right.timeMs() <= left.timeMs() + upperMs;
    }
  }

  private interface TimeWith {
    long with(In other);
  }

  /** Adds the pairs of a left record, or what a record is without a match. */
  private static void add(
      List<String> results, In one, List<In> met, JoinKind kind, TimeWith time) {
    if (one.input() == 0) {
      met.forEach(other -> results.add(one.value() + "+" + other.value() + "@" + time.with(other)));
    }
    if (met.isEmpty() && one.input() == 0 && kind.keepsLeft()) {
      results.add(one.value() + "+-@" + time.with(one));
    } else if (met.isEmpty() && one.input() == 1 && kind.keepsRight()) {
      results.add("-+" + one.value() + "@" + time.with(one));
    }
  }

  private static Bounds interval(Random random) {
    long lower = random.nextInt(31) - 15;
    long upper = lower + random.nextInt(20);
    return new Bounds(JoinCases.within(lower, upper), new Interval(lower, upper), 0, 0);
  }

  private static Bounds windows(long sizeMs, long slideMs) {
    WindowKind kind =
        sizeMs == slideMs
            ? new WindowKind.Tumbling(sizeMs, 0)
            : new WindowKind.Sliding(sizeMs, slideMs);
    return new Bounds(new JoinBounds.SameWindow(kind), null, sizeMs, slideMs);
  }

  private static Bounds bounds(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> windows(15, 15);
      case 1 -> windows(15, 5);
      default -> interval(random);
    };
  }

  // ------------------------------------------------------------------ tests

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void resultsAreThoseOfABatch(long seed) {
    check(seed, 0, seed <= 4);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void whatIsNotLateHasMissedNothing(long seed) {
    check(seed, 15, false);
  }

  @Test
  @Tag("slow")
  void resultsOfManySeedsAreThoseOfABatch() {
    for (long seed = 1_000; seed < 1_200; seed++) {
      check(seed, 0, false);
      check(seed, 15, false);
    }
  }

  /**
   * Compares with a batch.
   *
   * @param hurryMs by how much the watermark may be ahead of records that are still to come
   */
  private void check(long seed, int hurryMs, boolean isOnDisk) {
    Random random = new Random(seed);
    for (JoinKind kind : JoinKind.values()) {
      // A record that is late for some of its windows only is in a batch in none or all.
      Bounds bounds = hurryMs > 0 ? interval(random) : bounds(random);
      List<In> inputs = RandomRun.inputs(random);
      Path place = directory.resolve(kind + "-" + seed);
      RandomRun run = new RandomRun(random, hurryMs, 2);
      try (JoinHarness harness =
          new JoinHarness(
              JoinCases.join(kind, bounds.of()), ErrorPolicy.fail(), isOnDisk ? place : null)) {
        run.all(harness, inputs);
        assertThat(harness.rows()).isZero();
      }
      List<In> inTime = inputs.stream().filter(in -> !run.late.contains(in.value())).toList();
      if (hurryMs == 0) {
        assertThat(inTime).hasSize(RandomRun.RECORDS);
      } else {
        assertThat(inTime).hasSizeBetween(1, RandomRun.RECORDS - 1);
      }
      assertThat(run.found)
          .as("seed %d, %s, %s", seed, kind, bounds.of().describe())
          .containsExactlyInAnyOrderElementsOf(bounds.results(inTime, kind));
    }
  }
}
