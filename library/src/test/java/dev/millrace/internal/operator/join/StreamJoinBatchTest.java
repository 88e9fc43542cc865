package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.window.WindowKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
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

  private static final int RECORDS = 120;

  /** How much older than its predecessors a record can be. */
  private static final int DISORDER_MS = 10;

  @TempDir Path directory;

  private record In(int number, int input, String key, long timeMs) {

    String value() {
      return "v" + number;
    }
  }

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

  private static List<In> inputs(Random random) {
    List<In> inputs = new ArrayList<>();
    int keys = 1 + random.nextInt(12);
    for (int i = 0; i < RECORDS; i++) {
      long time = i / 2 - random.nextInt(DISORDER_MS);
      inputs.add(new In(i, random.nextInt(2), "k" + random.nextInt(keys), time));
    }
    return inputs;
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
      List<In> inputs = inputs(random);
      Path place = directory.resolve(kind + "-" + seed);
      Run run = new Run(random, hurryMs);
      try (JoinHarness harness =
          new JoinHarness(
              JoinCases.join(kind, bounds.of()), ErrorPolicy.fail(), isOnDisk ? place : null)) {
        run.all(harness, inputs);
        assertThat(harness.rows()).isZero();
      }
      List<In> inTime = inputs.stream().filter(in -> !run.late.contains(in.value())).toList();
      if (hurryMs == 0) {
        assertThat(inTime).hasSize(RECORDS);
      } else {
        assertThat(inTime).hasSizeBetween(1, RECORDS - 1);
      }
      assertThat(run.found)
          .as("seed %d, %s, %s", seed, kind, bounds.of().describe())
          .containsExactlyInAnyOrderElementsOf(bounds.results(inTime, kind));
    }
  }

  /** A run over all records, with what it commits. */
  private static final class Run {
    private final Random random;
    private final int hurryMs;
    private final List<String> found = new ArrayList<>();
    private final Set<String> late = new HashSet<>();
    private long watermarkMs = Long.MIN_VALUE;

    Run(Random random, int hurryMs) {
      this.random = random;
      this.hurryMs = hurryMs;
    }

    void all(JoinHarness harness, List<In> inputs) {
      int from = 0;
      while (from < inputs.size()) {
        int to = Math.min(inputs.size(), from + 1 + random.nextInt(12));
        List<In> batch = inputs.subList(from, to);
        watermarkMs = to == inputs.size() ? Long.MAX_VALUE : Math.max(watermarkMs, next(to));
        if (random.nextInt(3) == 0) {
          batch.forEach(one -> send(harness, one));
          fill(harness);
          boolean ignored = random.nextBoolean() && harness.watermark(watermarkMs);
          harness.results.clear();
          harness.late.clear();
          harness.abort();
        }
        harness.room.clear();
        batch.forEach(one -> send(harness, one));
        boolean complete;
        do {
          fill(harness);
          complete = harness.watermark(watermarkMs);
          take(harness);
          if (random.nextInt(4) == 0) {
            harness.abort(); // also amid a firing: it goes on
          }
        } while (!complete);
        harness.room.clear();
        from = to;
      }
    }

    /** Nothing that is still to come is older, unless there is a hurry. */
    private long next(int sent) {
      return sent / 2 - DISORDER_MS + 1 + (hurryMs == 0 ? 0 : random.nextInt(hurryMs));
    }

    private void take(JoinHarness harness) {
      found.addAll(harness.results);
      harness.late.stream()
          .filter(one -> !one.startsWith("counted"))
          .forEach(one -> late.add(one.substring(one.indexOf(' ') + 1, one.indexOf('@'))));
      harness.results.clear();
      harness.late.clear();
      harness.commit();
    }

    private static void send(JoinHarness harness, In one) {
      harness.record(one.input(), one.key(), one.timeMs(), one.value());
    }

    /** Room for a few rows, then none. */
    private void fill(JoinHarness harness) {
      harness.room.clear();
      if (random.nextBoolean()) {
        for (int i = 1 + random.nextInt(8); i >= 0; i--) {
          harness.room.add(true);
        }
        harness.room.add(false);
      }
    }
  }
}
