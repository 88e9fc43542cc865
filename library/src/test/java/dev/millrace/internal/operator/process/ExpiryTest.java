package dev.millrace.internal.operator.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import dev.millrace.time.TimeDomain;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ExpiryTest {

  private static final long LIFE = 100;

  interface Action {
    void run(Mortal function, KeyedProcessFunction<String, Action, String>.Context context);
  }

  private static final Action EMIT_VALUE = (f, c) -> c.emit("" + f.value.value());
  private static final Action EMIT_LIST = (f, c) -> c.emit("" + f.list.values());
  private static final Action ADD_X = (f, c) -> f.list.add("x");

  private static Action set(long value) {
    return (f, c) -> f.value.set(value);
  }

  /** Everything it keeps lives for 100 ms. */
  static final class Mortal extends KeyedProcessFunction<String, Action, String> {
    final ValueState<Long> value =
        state.value("value", Long.class).expireAfter(Duration.ofMillis(LIFE));
    final ValueState<List<Long>> texts =
        state.value("texts", new TypeRef<List<Long>>() {}).expireAfter(Duration.ofMillis(LIFE));
    final ListState<String> list =
        state.list("list", String.class).expireAfter(Duration.ofMillis(LIFE));
    final MapState<String, Long> map =
        state.map("map", String.class, Long.class).expireAfter(Duration.ofMillis(LIFE));

    /** What the next timers do, besides telling. */
    Runnable onTimer = () -> {};

    @Override
    public void onRecord(Action action, Context context) {
      action.run(this, context);
    }

    @Override
    public void onTimer(Instant time, Context context) {
      context.emit("timer " + time.toEpochMilli() + " sees " + value.value());
      onTimer.run();
    }
  }

  @Test
  void inEventTimeStateLivesForRecordsOfTimesBeforeItsEnd() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(harness, "a", 1_000, set(1));
      act(harness, "a", 1_099, EMIT_VALUE);
      act(harness, "a", 1_100, EMIT_VALUE);
      // Out of order, but not late: it sees what was there at its time.
      act(harness, "a", 1_050, EMIT_VALUE);
      assertThat(harness.results).containsExactly("1@1099", "null@1100", "1@1050");
      harness.watermark(1_099);
      assertThat(harness.rows()).isEqualTo(2);
      harness.watermark(1_100);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void inProcessingTimeStateLivesUntilTheClockIsThere() {
    try (ProcessHarness harness = harness(TimeDomain.PROCESSING)) {
      harness.clock(5_000_000);
      act(harness, "a", 1, ADD_X);
      harness.clock(5_000_099);
      act(harness, "a", 2, EMIT_LIST);
      assertThat(harness.results).containsExactly("[x]@2");
      harness.clockMs = 5_000_100; // without a look at what is due
      act(harness, "a", 3, EMIT_LIST);
      assertThat(harness.results).containsExactly("[x]@2", "[]@3");
      harness.watermark(Long.MAX_VALUE - 1);
      assertThat(harness.rows()).isEqualTo(3);
      harness.clock(5_000_100);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void eachChangeGivesALifeAnewAndAnOlderRecordShortensNone() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(harness, "a", 1_000, set(1));
      act(harness, "a", 1_090, set(2));
      act(harness, "a", 1_010, set(3));
      harness.watermark(1_150);
      harness.commit();
      harness.abort();
      act(harness, "a", 1_189, EMIT_VALUE);
      assertThat(harness.results).containsExactly("3@1189");
      assertThat(harness.rows()).isEqualTo(2);
      harness.watermark(1_190);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aTimerSeesTheStateOfItsOwnTime() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(
          harness,
          "a",
          1_000,
          (f, c) -> {
            f.value.set(7L);
            c.timers().setEventTime(Instant.ofEpochMilli(1_099));
            c.timers().setEventTime(Instant.ofEpochMilli(1_100));
          });
      harness.watermark(5_000);
      assertThat(harness.results)
          .containsExactly("timer 1099 sees 7@1099", "timer 1100 sees null@1100");
      assertThat(harness.rows()).isZero();
    }
  }

  /** The clock says nothing of event times, which may be those of years ago. */
  @Test
  void aTimerByTheClockSeesWhatIsThereWhenNoEventTimeIsKnown() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(
          harness,
          "a",
          1_000,
          (f, c) -> {
            f.value.set(7L);
            c.timers().setProcessingTime(Instant.ofEpochMilli(2_000_000));
            c.timers().setProcessingTime(Instant.ofEpochMilli(2_000_010));
            c.timers().setProcessingTime(Instant.ofEpochMilli(2_000_020));
          });
      harness.clock(2_000_000);
      assertThat(harness.results).containsExactly("timer 2000000 sees 7@2000000");
      harness.watermark(1_099);
      harness.clock(2_000_010);
      harness.watermark(Long.MAX_VALUE); // which expires nothing
      harness.clock(2_000_020);
      assertThat(harness.results)
          .containsExactly(
              "timer 2000000 sees 7@2000000",
              "timer 2000010 sees 7@1099",
              "timer 2000020 sees 7@2000020");
    }
  }

  @Test
  void aTimerByTheClockProlongsNothingWhenNoEventTimeIsKnown() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(
          harness,
          "a",
          1_000,
          (f, c) -> {
            f.value.set(7L);
            f.onTimer = () -> f.value.set(8L);
            c.timers().setProcessingTime(Instant.ofEpochMilli(2_000_000));
          });
      harness.clock(2_000_000);
      act(harness, "a", 1_099, EMIT_VALUE);
      assertThat(harness.results).last().isEqualTo("8@1099");
      harness.watermark(1_100);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatAnEarlierVersionLetExpireByTheClockDoesSoInEventTime() {
    try (ProcessHarness harness = harness(TimeDomain.PROCESSING)) {
      harness.clock(5_000_000);
      act(harness, "a", 1_000, set(1));
      act(harness, "b", 1_000, ADD_X);
      harness.changeTo(TimeDomain.EVENT);
      act(harness, "a", 1_010, set(2));
      harness.clock(6_000_000);
      act(harness, "a", 1_020, EMIT_VALUE);
      act(harness, "b", 1_020, EMIT_LIST);
      assertThat(harness.results).containsExactly("2@1020", "[x]@1020");
      harness.watermark(5_000_099);
      assertThat(harness.rows()).isEqualTo(5);
      harness.watermark(5_000_100);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatAnEarlierVersionLetExpireInEventTimeDoesSoByTheClock() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(harness, "a", 1_000, set(1));
      act(harness, "b", 3_000_000, set(1));
      act(harness, "c", 1_000, set(1));
      harness.changeTo(TimeDomain.PROCESSING); // whose event time stands still
      act(harness, "c", 1_000, set(2));
      harness.clock(1_000_050);
      assertThat(harness.rows()).as("the value of 'a' is gone").isEqualTo(4);
      harness.commit();
      harness.abort();
      harness.clock(1_000_100);
      assertThat(harness.rows()).as("the value of 'c' is gone").isEqualTo(2);
      harness.clock(3_000_100);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatIsClearedAfterSuchAChangeStaysSo() {
    try (ProcessHarness harness = harness(TimeDomain.PROCESSING)) {
      harness.clock(1_000_000);
      act(harness, "a", 1_000, set(1));
      harness.changeTo(TimeDomain.EVENT);
      act(harness, "a", 1_010, (f, c) -> f.value.clear());
      act(harness, "a", 1_020, set(3));
      harness.clock(1_000_100);
      act(harness, "a", 1_030, EMIT_VALUE);
      assertThat(harness.results).containsExactly("3@1030");
      harness.watermark(1_119);
      assertThat(harness.rows()).isEqualTo(2);
      harness.watermark(1_120);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void clearedStateLeavesNoTraceInTheIndex() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(
          harness,
          "a",
          0,
          (f, c) -> {
            f.value.set(1L);
            f.list.add("x");
            f.map.put("m", 1L);
            f.texts.set(new ArrayList<>(List.of(1L)));
          });
      assertThat(harness.rows()).isEqualTo(9);
      act(
          harness,
          "a",
          1,
          (f, c) -> {
            f.value.clear();
            f.list.clear();
            f.map.clear();
            f.texts.clear();
          });
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aListBeginsAnewWhenItsTimeIsOverThoughNobodyHasDeletedIt() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      act(harness, "a", 0, (f, c) -> f.list.replace(List.of("x", "y", "z")));
      act(harness, "a", LIFE, (f, c) -> f.list.add("new"));
      act(harness, "a", LIFE, EMIT_LIST);
      assertThat(harness.results).containsExactly("[new]@100");
      harness.watermark(2 * LIFE);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void expiryGoesOnWhenTheTransactionWasFull() {
    try (ProcessHarness harness = harness(TimeDomain.EVENT)) {
      for (int i = 0; i < 500; i++) {
        act(harness, "k" + i, i % 3, set(1));
      }
      harness.room.addAll(List.of(true, true, false));
      assertThat(harness.watermark(1_000)).isFalse();
      assertThat(harness.rows("value")).isBetween(1, 499);
      harness.commit();
      harness.abort();
      assertThat(harness.watermark(1_000)).isTrue();
      assertThat(harness.rows()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(TimeDomain.class)
  void randomChangesExpireAsAModelSays(TimeDomain domain) {
    for (long seed = 1; seed <= 40; seed++) {
      run(seed, domain);
    }
  }

  private record Life(long until, long value) {}

  private static void run(long seed, TimeDomain domain) {
    Random random = new Random(seed);
    Map<String, Life> values = new HashMap<>();
    Map<String, TreeMap<String, Life>> maps = new HashMap<>();
    long watermark = 0;
    try (ProcessHarness harness = harness(domain)) {
      harness.clock(0);
      harness.watermark(0);
      harness.commit();
      for (int step = 0; step < 400; step++) {
        String as = "seed " + seed + ", step " + step;
        long ahead = random.nextInt(domain == TimeDomain.EVENT ? 30 : 1);
        long now = watermark + ahead;
        String key = "k" + random.nextInt(4);
        String entry = "e" + random.nextInt(3);
        long number = random.nextInt(100);
        TreeMap<String, Life> map = maps.computeIfAbsent(key, k -> new TreeMap<>());
        switch (random.nextInt(8)) {
          case 0 -> {
            act(harness, key, now, set(number));
            values.merge(key, new Life(now + LIFE, number), ExpiryTest::later);
          }
          case 1, 2 -> {
            act(harness, key, now, (f, c) -> f.map.put(entry, number));
            map.merge(entry, new Life(now + LIFE, number), ExpiryTest::later);
          }
          case 3 -> {
            act(harness, key, now, (f, c) -> f.map.remove(entry));
            map.remove(entry);
          }
          case 4 -> {
            watermark += random.nextInt(60);
            if (domain == TimeDomain.EVENT) {
              assertThat(harness.watermark(watermark)).isTrue();
            } else {
              harness.clock(watermark);
            }
            long then = watermark;
            values.values().removeIf(life -> life.until() <= then);
            maps.values().forEach(m -> m.values().removeIf(life -> life.until() <= then));
          }
          case 5 -> harness.commit();
          default -> {
            Life life = values.get(key);
            List<Map.Entry<String, Long>> alive = new ArrayList<>();
            map.forEach(
                (k, l) -> {
                  if (now < l.until()) {
                    alive.add(Map.entry(k, l.value()));
                  }
                });
            act(
                harness,
                key,
                now,
                (f, c) -> {
                  assertThat(f.value.value())
                      .as(as)
                      .isEqualTo(life != null && now < life.until() ? life.value() : null);
                  assertThat(f.map.entries()).as(as).isEqualTo(alive);
                  assertThat(f.map.isEmpty()).as(as).isEqualTo(alive.isEmpty());
                });
          }
        }
        int rows = values.size() + maps.values().stream().mapToInt(Map::size).sum();
        assertThat(harness.rows()).as(as).isEqualTo(2 * rows);
      }
    }
  }

  private static Life later(Life before, Life now) {
    return new Life(Math.max(before.until(), now.until()), now.value());
  }

  /** Processes a record whose value is what the function does. */
  private static void act(ProcessHarness harness, String key, long timeMs, Action action) {
    harness.record(key, timeMs, action);
  }

  private static ProcessHarness harness(TimeDomain domain) {
    return new ProcessHarness(Mortal::new, ErrorPolicy.fail(), domain, null);
  }
}
