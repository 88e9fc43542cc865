package dev.millrace.internal.operator.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.process.Scripted.Action;
import dev.millrace.time.TimeDomain;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TimersTest {

  @TempDir Path directory;

  @Test
  void timersFireOncePerKeyAndTimeInTheOrderOfTime() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      set(harness, "b", 30, 10, 20, 10);
      set(harness, "a", 20, 10, 20);
      set(harness, "a", -5);
      assertThat(harness.watermark(9)).isTrue();
      assertThat(harness.results).containsExactly("a EVENT -5@-5");
      assertThat(harness.watermark(20)).isTrue();
      assertThat(harness.results)
          .containsExactly(
              "a EVENT -5@-5", "a EVENT 10@10", "b EVENT 10@10", "a EVENT 20@20", "b EVENT 20@20");
      harness.watermark(Long.MAX_VALUE);
      assertThat(harness.results).hasSize(6).endsWith("b EVENT 30@30");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatACallEmitsIsOfTheKindOfItsRecordAndWhatATimerEmitsIsNot() {
    try (ProcessHarness harness =
        new ProcessHarness(
            Scripted::new, ErrorPolicy.fail(), TimeDomain.EVENT, null, Scripted.SIDE)) {
      Action action =
          (function, context) -> {
            context.emit("main");
            context.emit(Scripted.SIDE, "aside");
            context.timers().setEventTime(Instant.ofEpochMilli(100));
          };
      harness.record("a", 90, action, FrameFormat.TOO_FAR_AHEAD);
      harness.record("b", 90, action);
      harness.watermark(100);
      assertThat(harness.results)
          .containsExactly(
              "main@90 of kind 4",
              "side:aside@90 of kind 4",
              "main@90",
              "side:aside@90",
              "a EVENT 100@100",
              "b EVENT 100@100");
    }
  }

  @Test
  void aTimerFiresWhenTheWatermarkReachesItNotBefore() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      set(harness, "a", 100);
      harness.watermark(99);
      assertThat(harness.results).isEmpty();
      harness.watermark(100);
      assertThat(harness.results).containsExactly("a EVENT 100@100");
    }
  }

  @Test
  void aTimerForATimeThatHasPassedFiresAtOnceAndBringsNoTimeBack() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      harness.watermark(500);
      set(harness, "a", 100);
      harness.watermark(500);
      assertThat(harness.results).containsExactly("a EVENT 100@500");
    }
  }

  /** The end of time is no time of a result: whatever reads it would wait for a later one. */
  @Test
  void afterTheEndOfTheInputResultsHaveTheTimesOfTheirTimers() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      harness.record(
          "a",
          0,
          (Action)
              (function, context) -> {
                context.timers().setProcessingTime(at(2_000_010));
                function.onTimer =
                    (f, c) -> {
                      if (c.domain() == TimeDomain.PROCESSING) {
                        c.timers().setEventTime(at(50));
                      }
                    };
              });
      harness.watermark(Long.MAX_VALUE);
      harness.clock(2_000_010);
      assertThat(harness.results).containsExactly("a PROCESSING 2000010@2000010");
      harness.watermark(Long.MAX_VALUE);
      assertThat(harness.results).last().isEqualTo("a EVENT 50@50");
    }
  }

  @Test
  void timersAreDeletableAlsoByAnotherTimer() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      harness.record(
          "a",
          0,
          (Action)
              (function, context) -> {
                for (int time : new int[] {10, 20, 30}) {
                  context.timers().setEventTime(at(time));
                  context.timers().setProcessingTime(at(2_000_000 + time));
                }
                context.timers().cancelEventTime(at(10));
                context.timers().cancelProcessingTime(at(2_000_020));
                context.timers().cancelEventTime(at(11));
                function.onTimer = (f, c) -> c.timers().cancelEventTime(at(30));
              });
      harness.watermark(100);
      assertThat(harness.results).containsExactly("a EVENT 20@20");
      assertThat(harness.clock(2_000_009)).isEqualTo(ClockOutcome.NOTHING);
      assertThat(harness.clock(2_000_100)).isEqualTo(ClockOutcome.DONE);
      assertThat(harness.results)
          .containsExactly("a EVENT 20@20", "a PROCESSING 2000010@100", "a PROCESSING 2000030@100");
      assertThat(harness.clock(3_000_000)).isEqualTo(ClockOutcome.NOTHING);
    }
  }

  @Test
  void whatATimerSetsForTheMeantimeFiresInItsPlace() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      harness.record(
          "a",
          0,
          (Action)
              (function, context) -> {
                context.timers().setEventTime(at(10));
                context.timers().setEventTime(at(20));
                function.onTimer =
                    (f, c) -> {
                      long time = c.eventTime().toEpochMilli();
                      if (time == 10) {
                        c.timers().setEventTime(at(15));
                        c.timers().setEventTime(at(60));
                        c.timers().setEventTime(at(55));
                      }
                    };
              });
      harness.watermark(50);
      assertThat(harness.results)
          .containsExactly("a EVENT 10@10", "a EVENT 15@15", "a EVENT 20@20");
      harness.watermark(57);
      assertThat(harness.results).hasSize(4).endsWith("a EVENT 55@55");
      harness.watermark(60);
      assertThat(harness.results).hasSize(5).endsWith("a EVENT 60@60");
    }
  }

  @Test
  void firingStopsWhenTheTransactionIsFullAndGoesOnWithTheNext() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        set(harness, "k" + (100 + i), 7);
        expected.add("k" + (100 + i) + " EVENT 7@7");
      }
      harness.room.addAll(List.of(true, true, false));
      assertThat(harness.watermark(10)).isFalse();
      assertThat(harness.results).hasSizeBetween(1, 99);
      harness.commit();
      harness.abort();
      assertThat(harness.watermark(10)).isTrue();
      assertThat(harness.results).containsExactlyElementsOf(expected);
    }
  }

  @Test
  void aTimerThatFailsLeavesNothingBehindAndIsGone() {
    try (ProcessHarness harness = harness(ErrorPolicy.deadLetter(), null)) {
      harness.record(
          "a",
          0,
          (Action)
              (function, context) -> {
                context.timers().setEventTime(at(10));
                function.onTimer =
                    (f, c) -> {
                      f.value.set(1L);
                      c.timers().setEventTime(at(10));
                      c.timers().setEventTime(at(5));
                      throw new IllegalStateException("on purpose");
                    };
              });
      harness.watermark(20);
      assertThat(harness.results).isEmpty();
      assertThat(harness.failures).hasSize(1);
      assertThat(harness.letters)
          .containsExactly(new ProcessOperator.TimerLetter("a", TimeDomain.EVENT, at(10)));
      assertThat(harness.rows()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void randomTimersFireAsAModelSaysAcrossCommitsAndAborts(boolean onDisk) {
    for (long seed = 1; seed <= (onDisk ? 6 : 60); seed++) {
      Path place = onDisk ? directory.resolve("run-" + seed) : null;
      if (place != null) {
        assertThat(place.toFile().mkdirs()).isTrue();
      }
      run(seed, place);
    }
  }

  private record Timer(long time, String key) {}

  private void run(long seed, @Nullable Path place) {
    Random random = new Random(seed);
    Comparator<Timer> order = Comparator.comparing(Timer::time).thenComparing(Timer::key);
    TreeSet<Timer> committed = new TreeSet<>(order);
    TreeSet<Timer> timers = new TreeSet<>(order);
    long watermark = 0;
    long committedWatermark = 0;
    List<String> expected = new ArrayList<>();
    int committedResults = 0;
    try (ProcessHarness harness = harness(ErrorPolicy.skip(), place)) {
      harness.watermark(0);
      harness.commit();
      for (int step = 0; step < 300; step++) {
        int die = random.nextInt(20);
        if (die == 0) {
          harness.commit();
          committed = new TreeSet<>(timers);
          committedWatermark = watermark;
          committedResults = expected.size();
        } else if (die == 1) {
          harness.abort();
          timers = new TreeSet<>(committed);
          watermark = committedWatermark;
          expected.subList(committedResults, expected.size()).clear();
          harness.results.subList(committedResults, harness.results.size()).clear();
        } else if (die < 6) {
          watermark += random.nextInt(40);
          while (!timers.isEmpty() && timers.first().time() <= watermark) {
            Timer first = timers.pollFirst();
            expected.add(first.key() + " EVENT " + first.time());
          }
          if (random.nextInt(4) == 0) {
            harness.room.addAll(List.of(true, false));
          }
          // The model has fired all of them, so nothing may be aborted before the state has, too.
          while (!harness.watermark(watermark)) {
            harness.commit();
          }
          harness.room.clear();
          harness.commit();
          committed = new TreeSet<>(timers);
          committedWatermark = watermark;
          committedResults = expected.size();
        } else {
          String key = "k" + random.nextInt(5);
          long time = watermark + 1 + random.nextInt(100);
          boolean cancel = random.nextInt(4) == 0;
          boolean fails = random.nextInt(5) == 0;
          if (!fails) {
            if (cancel) {
              timers.remove(new Timer(time, key));
            } else {
              timers.add(new Timer(time, key));
            }
          }
          harness.record(
              key,
              watermark,
              (Action)
                  (function, context) -> {
                    if (cancel) {
                      context.timers().cancelEventTime(at(time));
                    } else {
                      context.timers().setEventTime(at(time));
                    }
                    if (fails) {
                      throw new IllegalStateException("on purpose");
                    }
                  });
        }
        assertThat(harness.results.stream().map(r -> r.split("@", 2)[0]).toList())
            .as("seed %d, step %d", seed, step)
            .isEqualTo(expected);
        assertThat(harness.rows("@timers"))
            .as("seed %d, step %d", seed, step)
            .isEqualTo(timers.size());
      }
    }
  }

  private static ProcessHarness harness(ErrorPolicy policy, @Nullable Path place) {
    return new ProcessHarness(Scripted::new, policy, TimeDomain.EVENT, place);
  }

  private static void set(ProcessHarness harness, String key, long... times) {
    harness.record(
        key,
        0,
        (Action)
            (function, context) -> {
              for (long time : times) {
                context.timers().setEventTime(at(time));
              }
            });
  }

  private static Instant at(long timeMs) {
    return Instant.ofEpochMilli(timeMs);
  }
}
