package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.plan.Fold;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.RetractableFolds;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CombinerTest {

  private static final long PLENTY = 1 << 30;

  @Test
  void sumsPerKeyAndSliceEqualANaiveSum() throws Exception {
    long seed = 4711;
    Random random = new Random(seed);
    Combiner combiner = combiner(sums(100), PLENTY);
    Map<String, Long> expected = new HashMap<>();
    for (int round = 0; round < 5; round++) {
      expected.clear();
      for (int i = 0; i < 50_000; i++) {
        String key = "k" + random.nextInt(3_000);
        long time = random.nextInt(1_000) - 500;
        long value = random.nextInt(100) - 50;
        add(combiner, key, time, value);
        expected.merge(key + "@" + Math.floorDiv(time, 100), value, Long::sum);
      }
      assertThat(drain(combiner, 100)).as("seed %d, round %d", seed, round).isEqualTo(expected);
    }
  }

  /** Slots of a large table are freed one by one if there are only few entries. */
  @Test
  void nothingIsLeftOfAnEarlierRoundHoweverFullTheTableWas() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Combiner combiner = combiner(sums(100), PLENTY);
    for (int round = 0; round < 300; round++) {
      int records = round == 0 ? 20_000 : 1 + random.nextInt(round % 3 == 0 ? 5_000 : 60);
      Map<String, Long> expected = new HashMap<>();
      for (int i = 0; i < records; i++) {
        String key = "k" + random.nextInt(6_000);
        long time = random.nextInt(400);
        add(combiner, key, time, i);
        expected.merge(key + "@" + Math.floorDiv(time, 100), (long) i, Long::sum);
      }
      assertThat(drain(combiner, 100)).as("seed %d, round %d", seed, round).isEqualTo(expected);
    }
  }

  /** In a table that is larger than the processor's cache, records are looked up in batches. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1_000})
  void sumsInALargeTableEqualANaiveSumAtAllTimes(long sliceMs) throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Combiner combiner = combiner(sums(sliceMs), PLENTY);
    for (int round = 0; round < 4; round++) {
      Map<String, Long> expected = new HashMap<>();
      Map<String, Long> weights = new HashMap<>();
      Map<String, Long> times = new HashMap<>();
      int records = 90_000 + random.nextInt(100);
      for (int i = 0; i < records; i++) {
        String key =
            "k".repeat(random.nextInt(100) == 0 ? random.nextInt(600) : 4) + random.nextInt(40_000);
        long value = random.nextInt(100) == 0 ? random.nextLong() >> 8 : random.nextInt(9) - 4;
        long time = random.nextInt(500);
        add(combiner, key, time, value);
        expected.merge(key, value, Long::sum);
        weights.merge(key, 1L, Long::sum);
        times.merge(key, sliceMs == 0 ? time : sliceMs - 1, Math::max);
      }
      String where = "seed " + seed + ", round " + round;
      assertThat(combiner.entries()).as(where).isEqualTo(expected.size());
      Map<String, Long> sums = new HashMap<>();
      combiner.drain(
          (keys, offset, length, hash, time, span, weight, partial) -> {
            String key = new String(keys, offset, length, StandardCharsets.UTF_8);
            assertThat(sums.put(key, (Long) partial)).as("%s: %s", where, key).isNull();
            assertThat(weight).isEqualTo(sliceMs == 0 ? 0 : weights.get(key));
            assertThat(time).as("%s: %s", where, key).isEqualTo(times.get(key));
          });
      assertThat(sums).as(where).isEqualTo(expected);
    }
  }

  @Test
  void inALargeTableTooASumThatOverflowsFailsWithItsRecord() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    fill(combiner);
    add(combiner, "a", 0, Long.MAX_VALUE - 1);
    add(combiner, "b", 0, 1);
    add(combiner, "a", 0, 1);
    assertThatThrownBy(() -> add(combiner, "a", 0, 1)).isInstanceOf(ArithmeticException.class);
    add(combiner, "b", 0, Long.MIN_VALUE);
    assertThatThrownBy(() -> add(combiner, "b", 0, -2)).isInstanceOf(ArithmeticException.class);
    assertThat(drain(combiner, 0))
        .containsEntry("a@0", Long.MAX_VALUE)
        .containsEntry("b@0", Long.MIN_VALUE + 1);
    fill(combiner);
    add(combiner, "a", 0, 1);
    assertThat(drain(combiner, 0)).as("forgets what was there").containsEntry("a@0", 1L);
  }

  @Test
  void nothingIsLeftOfRecordsThatWereNotLookedUpYet() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    fill(combiner);
    add(combiner, "a", 0, 1);
    combiner.clear();
    fill(combiner);
    for (int i = 0; i < 40; i++) {
      add(combiner, "b", 0, 1);
    }
    assertThat(drain(combiner, 0)).doesNotContainKey("a@0").containsEntry("b@0", 40L);
  }

  /** Adds keys until the table is larger than the processor's cache. */
  private static void fill(Combiner combiner) throws Exception {
    for (int i = 0; i < 30_000; i++) {
      add(combiner, "fills" + i, 0, 0);
    }
  }

  @Test
  void anEmptyKeyAndAnEmptySliceAreKeysLikeOthers() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    add(combiner, "", Long.MIN_VALUE, 1);
    add(combiner, "", Long.MAX_VALUE, 2);
    assertThat(drain(combiner, 0)).isEqualTo(Map.of("@0", 3L));
  }

  @Test
  void objectsAreFoldedInTheirOrder() throws Exception {
    ReduceFunction<String> concat = (left, right) -> left + right;
    Fold fold = new Fold(FoldFunction.of(concat), String.class, String.class, true);
    Combiner combiner =
        combiner(
            new CombinerPlan("fold", fold, Optional.empty(), ErrorPolicy.fail(), true), PLENTY);
    for (String letter : "stream".split("")) {
      byte[] key = {1};
      combiner.add(key, 1, Hashing.murmur2(key, 0, 1), 0, FrameFormat.RECORD, letter);
    }
    StringBuilder result = new StringBuilder();
    combiner.drain(
        (keys, offset, length, hash, time, span, weight, partial) -> result.append(partial));
    assertThat(result).hasToString("stream");
  }

  /** Random additions and retractions, in any order, against the net number and sum per key. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void additionsAndRetractionsNetOut(boolean longs) throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    FoldFunction fold = longs ? new RetractableFolds.LongSum() : new RetractableFolds.Bag();
    Combiner combiner = combiner(retractable(fold, longs), PLENTY);
    for (int round = 0; round < 20; round++) {
      Map<String, Map<Long, Long>> expected = new TreeMap<>();
      for (int i = 0; i < 2_000; i++) {
        String key = "k" + random.nextInt(300);
        long value = random.nextInt(3) + 1L;
        boolean added = random.nextBoolean();
        add(combiner, key, i, added ? FrameFormat.RECORD : FrameFormat.RETRACTION, value);
        expected
            .computeIfAbsent(key, none -> new TreeMap<>())
            .merge(value, added ? 1L : -1L, Long::sum);
      }
      Map<String, String> wanted = new TreeMap<>();
      expected.forEach(
          (key, values) -> {
            values.values().removeIf(count -> count == 0);
            long weight = values.values().stream().mapToLong(count -> count).sum();
            long sum =
                values.entrySet().stream().mapToLong(each -> each.getKey() * each.getValue()).sum();
            if (weight != 0 || (longs ? sum != 0 : !values.isEmpty())) {
              wanted.put(key, weight + " " + (longs ? sum : values));
            }
          });
      Map<String, String> drained = new TreeMap<>();
      combiner.drain(
          (keys, offset, length, hash, time, span, weight, partial) ->
              drained.put(
                  new String(keys, offset, length, StandardCharsets.UTF_8),
                  weight + " " + partial));
      assertThat(drained).as("seed %d, round %d", seed, round).isEqualTo(wanted);
    }
  }

  /** Few different hashes for far more keys than the table begins with. */
  @Test
  void keysWithEqualHashesNetOutApart() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Combiner combiner = combiner(retractable(new RetractableFolds.LongSum(), true), PLENTY);
    for (int round = 0; round < 2; round++) {
      long[] weights = new long[3_000];
      long[] sums = new long[weights.length];
      for (int i = 0; i < 20_000; i++) {
        int key = random.nextInt(weights.length);
        int value = random.nextInt(1_000);
        boolean added = random.nextBoolean();
        byte[] bytes = Integer.toString(key).getBytes(StandardCharsets.UTF_8);
        int kind = added ? FrameFormat.RECORD : FrameFormat.RETRACTION;
        combiner.add(bytes, bytes.length, key % 50, i, kind, (long) value);
        weights[key] += added ? 1 : -1;
        sums[key] += added ? value : -value;
      }
      combiner.drain(
          (keys, offset, length, hash, time, span, weight, partial) -> {
            int key = Integer.parseInt(new String(keys, offset, length, StandardCharsets.UTF_8));
            assertThat(hash).isEqualTo(key % 50);
            weights[key] -= weight;
            sums[key] -= (long) partial;
          });
      assertThat(weights).as("seed %d, round %d", seed, round).containsOnly(0);
      assertThat(sums).as("seed %d, round %d", seed, round).containsOnly(0);
    }
  }

  @Test
  void whatComesToNothingIsNotSentAndWhatOnlyWeighsNothingIs() throws Exception {
    Combiner combiner = combiner(retractable(new RetractableFolds.LongSum(), true), PLENTY);
    add(combiner, "gone", 5, FrameFormat.RECORD, 7L);
    add(combiner, "gone", 6, FrameFormat.RETRACTION, 7L);
    add(combiner, "moved", 8, FrameFormat.RETRACTION, 3L);
    add(combiner, "moved", 7, FrameFormat.RECORD, 4L);
    add(combiner, "fewer", 1, FrameFormat.RETRACTION, 0L);
    List<String> drained = new ArrayList<>();
    combiner.drain(
        (keys, offset, length, hash, time, span, weight, partial) ->
            drained.add(
                new String(keys, offset, length, StandardCharsets.UTF_8)
                    + " x"
                    + weight
                    + " = "
                    + partial
                    + " at "
                    + time));
    assertThat(drained).containsExactly("moved x0 = 1 at 8", "fewer x-1 = 0 at 1");
  }

  @Test
  void onlyAnAggregateThatCanTakeRecordsBackCombinesRetractions() {
    assertThat(combiner(sums(0), PLENTY).combines(FrameFormat.RETRACTION)).isFalse();
    assertThat(combiner(sums(0), PLENTY).combines(FrameFormat.RECORD)).isTrue();
    FoldFunction fold = new RetractableFolds.LongSum();
    Combiner retracting = combiner(retractable(fold, true), PLENTY);
    assertThat(retracting.combines(FrameFormat.RETRACTION)).isTrue();
    assertThat(retracting.combines(FrameFormat.TOO_FAR_AHEAD)).isFalse();
    assertThat(retracting.combines(FrameFormat.TOO_FAR_AHEAD | FrameFormat.RETRACTION)).isFalse();
    CombinerPlan windowed =
        new CombinerPlan(
            "sum",
            new Fold(fold, Long.class, Long.class, true),
            sums(100).window(),
            ErrorPolicy.fail(),
            true);
    assertThat(combiner(windowed, PLENTY).combines(FrameFormat.RETRACTION))
        .as("windows take no retractions")
        .isFalse();
  }

  /** The sum at the receiver can take both, in this order, while no long is 2^63. */
  @Test
  void theSmallestNumberIsTakenBackInTwo() throws Exception {
    Combiner combiner = combiner(retractable(new RetractableFolds.LongSum(), true), PLENTY);
    add(combiner, "first", 1, FrameFormat.RETRACTION, Long.MIN_VALUE);
    add(combiner, "after", 1, FrameFormat.RECORD, 5L);
    add(combiner, "after", 2, FrameFormat.RETRACTION, Long.MIN_VALUE);
    add(combiner, "nets", 1, FrameFormat.RECORD, Long.MIN_VALUE);
    add(combiner, "nets", 2, FrameFormat.RETRACTION, Long.MIN_VALUE);
    assertThat(sums(combiner))
        .containsExactly(
            "first x0 = 1",
            "first x-1 = " + Long.MAX_VALUE,
            "after x1 = 5",
            "after x0 = 1",
            "after x-1 = " + Long.MAX_VALUE);
    add(combiner, "first", 1, 7);
    assertThat(sums(combiner)).containsExactly("first x1 = 7");
  }

  @Test
  void byItselfTheSmallestNumberIsTakenBackInTwoAsWell() throws Exception {
    Combiner combiner = combiner(retractable(new RetractableFolds.LongSum(), true), PLENTY);
    List<String> alone = new ArrayList<>();
    for (int kind : new int[] {FrameFormat.RECORD, FrameFormat.RETRACTION}) {
      for (long number : new long[] {5, Long.MIN_VALUE}) {
        combiner.alone(
            new byte[] {1},
            1,
            0,
            7,
            kind,
            number,
            (keys, offset, length, hash, time, span, weight, partial) ->
                alone.add("x" + weight + " = " + partial + " at " + time));
      }
    }
    assertThat(alone)
        .containsExactly(
            "x1 = 5 at 7",
            "x1 = " + Long.MIN_VALUE + " at 7",
            "x-1 = -5 at 7",
            "x0 = 1 at 7",
            "x-1 = " + Long.MAX_VALUE + " at 7");
  }

  @Test
  void sumsThatWouldOverflowHereGoOnApart() throws Exception {
    Combiner combiner = combiner(retractable(new RetractableFolds.LongSum(), true), PLENTY);
    add(combiner, "up", 1, Long.MAX_VALUE);
    add(combiner, "up", 1, 2);
    add(combiner, "up", 1, 3);
    add(combiner, "down", 1, FrameFormat.RETRACTION, Long.MAX_VALUE);
    add(combiner, "down", 1, FrameFormat.RETRACTION, 1L);
    add(combiner, "down", 1, FrameFormat.RETRACTION, 1L);
    assertThat(sums(combiner))
        .containsExactly(
            "up x1 = " + Long.MAX_VALUE,
            "up x2 = 5",
            "down x-2 = " + Long.MIN_VALUE,
            "down x-1 = -1");
  }

  private static List<String> sums(Combiner combiner) {
    List<String> sums = new ArrayList<>();
    combiner.drain(
        (keys, offset, length, hash, time, span, weight, partial) ->
            sums.add(
                new String(keys, offset, length, StandardCharsets.UTF_8)
                    + " x"
                    + weight
                    + " = "
                    + partial));
    return sums;
  }

  private static CombinerPlan retractable(FoldFunction fold, boolean longs) {
    return new CombinerPlan(
        "retractable",
        new Fold(fold, longs ? Long.class : Map.class, Object.class, true),
        Optional.empty(),
        ErrorPolicy.fail(),
        true);
  }

  @Test
  void aFunctionThatThrowsLeavesTheSumAsItWas() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    add(combiner, "a", 0, Long.MAX_VALUE);
    assertThatThrownBy(() -> add(combiner, "a", 0, 1)).isInstanceOf(ArithmeticException.class);
    assertThat(drain(combiner, 0)).isEqualTo(Map.of("a@0", Long.MAX_VALUE));
  }

  @Test
  void distinctKeysDoNotPayOffAndRepeatedOnesDo() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i, 0, 1);
    }
    assertThat(combiner.paysOff()).isFalse();
    combiner.clear();
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i % 100, 0, 1);
    }
    assertThat(combiner.paysOff()).isTrue();
    combiner.clear();
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i % 8_500, 0, 1);
    }
    assertThat(combiner.paysOff()).as("one record of seven is spared").isTrue();
  }

  @Test
  void combiningThatDoesNotPayOffIsLeftForLongerAndLonger() throws Exception {
    CombinerTrial trial = new CombinerTrial();
    assertThat(pausesAfter(trial, combined(2_000, 2_000), 9))
        .containsExactly(1, 2, 4, 8, 16, 32, 64, 64, 64);
    assertThat(pausesAfter(trial, combined(2_000, 10), 1)).containsExactly(0);
    assertThat(pausesAfter(trial, combined(2_000, 2_000), 1)).containsExactly(1);
  }

  private static List<Integer> pausesAfter(CombinerTrial trial, Combiner flushed, int times) {
    List<Integer> pauses = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      trial.tried(flushed);
      int pause = 0;
      while (!trial.isOn()) {
        trial.passed();
        pause++;
      }
      pauses.add(pause);
    }
    return pauses;
  }

  private static Combiner combined(int records, int keys) throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    for (int i = 0; i < records; i++) {
      add(combiner, "k" + i % keys, 0, 1);
    }
    return combiner;
  }

  @Test
  void theTableSaysWhenItIsFull() throws Exception {
    Combiner combiner = combiner(sums(0), 1 << 20);
    int keys = 0;
    while (!combiner.isFull()) {
      add(combiner, "key-" + keys++, 0, 1);
    }
    assertThat(keys).isBetween(1_000, 20_000);
    combiner.clear();
    assertThat(drain(combiner, 0)).isEmpty();
  }

  @Test
  void accumulatorsThatAreNoSumsCountUntilTheyAreGone() throws Exception {
    ReduceFunction<Long> larger = Math::max;
    Fold fold = new Fold(FoldFunction.of(larger), Long.class, Long.class, true);
    Combiner combiner =
        combiner(
            new CombinerPlan("max", fold, Optional.empty(), ErrorPolicy.fail(), true), 1 << 20);
    List<Integer> keysUntilFull = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      int keys = 0;
      while (!combiner.isFull()) {
        add(combiner, "key-" + (10_000 + keys++), 0, 1);
      }
      keysUntilFull.add(keys);
      assertThat(drain(combiner, 0)).hasSize(keys);
    }
    assertThat(keysUntilFull.get(0)).isBetween(1_000, (1 << 20) / 100);
    assertThat(keysUntilFull).containsOnly(keysUntilFull.get(0));
  }

  /** Ten keys take up little; what counts are the values that their accumulators keep. */
  @Test
  void keptValuesCountTowardsTheBound() throws Exception {
    FoldFunction largest =
        FoldFunction.retracting(
            Aggregates.max(Long.class, (Long value) -> value).retractable().orElseThrow());
    Combiner combiner = combiner(retractable(largest, false), 1 << 20);
    for (int round = 0; round < 2; round++) {
      int records = 0;
      while (!combiner.isFull() && records < 100_000) {
        add(combiner, "key-" + records % 10, 0, FrameFormat.RETRACTION, (long) records);
        add(combiner, "key-" + records % 10, 0, FrameFormat.RECORD, -1L);
        records++;
      }
      assertThat(records).isBetween(1_000, 20_000);
      for (int record = 0; record < records; record++) {
        add(combiner, "other", 0, FrameFormat.RECORD, 1L); // one value, however often
      }
      combiner.drain((keys, offset, length, hash, time, span, weight, partial) -> {});
      assertThat(combiner.isFull()).isFalse();
    }
  }

  /**
   * Event time moves on, with stragglers; the sizes of a slice vary, so that some alone fill the
   * table. Whatever leaves early, all partial results together are right, and little has to leave
   * twice.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void slicesThatAreOverMakeRoomForThoseThatAreNot(boolean longs) throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Combiner combiner = combiner(longs ? sums(1_000) : largest(1_000), PLENTY);
    for (int round = 0; round < 2; round++) {
      Map<String, Long> expected = new HashMap<>();
      Map<String, Long> drained = new HashMap<>();
      int[] entries = new int[1];
      Combiner.Drain drain =
          (keys, offset, length, hash, time, span, weight, partial) -> {
            entries[0]++;
            drained.merge(
                new String(keys, offset, length, StandardCharsets.UTF_8)
                    + "@"
                    + Math.floorDiv(time, 1_000),
                (Long) partial,
                longs ? Long::sum : Math::max);
          };
      int largest = 0;
      for (int slice = 0; slice < 12; slice++) {
        int keys = slice % 4 == 3 ? 30_000 : 5_000;
        for (int i = 0; i < 40_000; i++) {
          int of = random.nextInt(1_000) == 0 ? random.nextInt(slice + 1) : slice;
          String key = "k" + random.nextInt(keys);
          add(combiner, key, of * 1_000L + random.nextInt(1_000), (long) i);
          expected.merge(key + "@" + of, (long) i, longs ? Long::sum : Math::max);
          if (combiner.isFull()) {
            combiner.makeRoom(drain);
            assertThat(combiner.isFull()).isFalse();
          }
        }
        largest = Math.max(largest, combiner.entries());
      }
      assertThat(entries[0]).as("what went early").isGreaterThan(expected.size() / 2);
      assertThat(largest).as("what is kept at a time").isLessThan(expected.size() / 2);
      combiner.drain(drain);
      assertThat(drained).as("seed %d, round %d", seed, round).isEqualTo(expected);
      assertThat(entries[0]).as("partial results").isLessThan(expected.size() * 11 / 10);
    }
  }

  /** Long before the table is large, so that it stays in the processor's cache. */
  @Test
  void someTimeAfterASliceHasBegunThoseBeforeItGo() throws Exception {
    Combiner combiner = combiner(sums(1_000), PLENTY);
    List<Long> early = new ArrayList<>();
    int largest = 0;
    for (int i = 0; i < 400_000; i++) {
      add(combiner, "k" + i % 4_999, i / 40L, 1);
      if (combiner.isFull()) {
        combiner.makeRoom(
            (keys, offset, length, hash, time, span, weight, partial) -> early.add(time));
        assertThat(combiner.isFull()).isFalse();
        largest = Math.max(largest, combiner.entries());
      }
    }
    assertThat(largest).as("entries of one slice").isLessThan(5_000);
    assertThat(early).as("those of nine slices of ten").hasSize(9 * 4_999).isSorted();
    combiner.clear();
    add(combiner, "k", 0, 1);
    assertThat(combiner.isFull()).isFalse();
  }

  @Test
  void ifTheTableIsSmallSlicesThatAreOverMayStay() throws Exception {
    Combiner combiner = combiner(sums(1_000), PLENTY);
    for (int i = 0; i < 400_000; i++) {
      add(combiner, "k" + i % 9, i / 400L, 1);
      assertThat(combiner.isFull()).isFalse();
    }
  }

  /** Receivers go by the slice, so one time of it is as good as another one. */
  @Test
  void aPartialResultOfASliceHasItsLastTimeAndOneBetweenWindowsATimeThere() throws Exception {
    FoldFunction sum = FoldFunction.of(Aggregates.sum((Long value) -> value));
    Combiner combiner =
        combiner(
            new CombinerPlan(
                "sum",
                new Fold(sum, Long.class, Long.class, true),
                Optional.of(
                    WindowAccess.kind(
                        Windows.sliding(Duration.ofMillis(100), Duration.ofMillis(1_000)))),
                ErrorPolicy.fail(),
                true),
            PLENTY);
    for (long time : new long[] {20, 0, 500, 1_050, 1_100, 1_099, 1_001, 30}) {
      add(combiner, "a", time, 1);
    }
    List<String> drained = new ArrayList<>();
    combiner.drain(
        (keys, offset, length, hash, time, span, weight, partial) ->
            drained.add(time + " x" + weight + " = " + partial));
    assertThat(drained).containsExactly("99 x3 = 3", "1100 x2 = 2", "1099 x3 = 3");
  }

  /** Two partitions that are read in turn, in places that are far apart. */
  @Test
  void slicesThatAreReadInTurnAreKept() throws Exception {
    Combiner combiner = combiner(sums(1_000), PLENTY);
    int[] entries = new int[1];
    Map<String, Integer> distinct = new HashMap<>();
    for (int i = 0; i < 600_000; i++) {
      int slice = i / 60_000 + i / 2_000 % 2 * 50;
      String key = "k" + i * 31 % 4_999;
      add(combiner, key, slice * 1_000L, 1);
      distinct.merge(key + "@" + slice, 1, Integer::sum);
      if (combiner.isFull()) {
        combiner.makeRoom(
            (keys, offset, length, hash, time, span, weight, partial) -> entries[0]++);
      }
    }
    assertThat(entries[0]).isGreaterThan(distinct.size() / 2);
    combiner.drain((keys, offset, length, hash, time, span, weight, partial) -> entries[0]++);
    assertThat(entries[0]).isEqualTo(distinct.size());
  }

  /** Slices that go early go at all times: a full table must not hide how much was in it. */
  @Test
  void whatWentEarlyCountsInWhetherCombiningPaysOff() throws Exception {
    Combiner combiner = combiner(sums(1_000), PLENTY);
    boolean wentEarly = false;
    for (int i = 0; i < 100_000; i++) {
      add(combiner, "k" + i, i / 10L, 1);
      if (combiner.isFull()) {
        combiner.makeRoom((keys, offset, length, hash, time, span, weight, partial) -> {});
        wentEarly = true;
      }
    }
    assertThat(wentEarly).isTrue();
    assertThat(combiner.paysOff()).isFalse();
    combiner.clear();
    for (int i = 0; i < 100; i++) {
      add(combiner, "k" + i % 10, 0, 1);
    }
    assertThat(combiner.paysOff()).isTrue();
  }

  @Test
  void withoutMoreMemoryAllPartialResultsGo() throws Exception {
    Combiner combiner = combiner(sums(1_000), 1 << 18);
    int keys = 0;
    while (!combiner.isFull()) {
      add(combiner, "k" + keys++, 0, 1);
    }
    int[] entries = new int[1];
    combiner.makeRoom((bytes, offset, length, hash, time, span, weight, partial) -> entries[0]++);
    assertThat(entries[0]).isEqualTo(keys);
    assertThat(combiner.entries()).isZero();
  }

  @Test
  void aSessionKeepsTogetherWhatSurelyBelongsTogether() throws Exception {
    FoldFunction sum = FoldFunction.of(Aggregates.sum((Long value) -> value));
    Combiner combiner =
        combiner(
            new CombinerPlan(
                "sum",
                new Fold(sum, Long.class, Long.class, true),
                Optional.of(WindowAccess.kind(Windows.session(Duration.ofMillis(10)))),
                ErrorPolicy.fail(),
                true),
            PLENTY);
    for (long time : new long[] {100, 110, 95, 121, 131, 100}) {
      add(combiner, "a", time, 1);
    }
    add(combiner, "b", 100, 1);
    List<String> drained = new ArrayList<>();
    combiner.drain(
        (keys, offset, length, hash, time, span, weight, partial) ->
            drained.add(
                new String(keys, offset, length, StandardCharsets.UTF_8)
                    + " "
                    + (time - span)
                    + "-"
                    + time
                    + " x"
                    + weight
                    + " = "
                    + partial));
    // 121 is more than a gap behind 110; the last 100 is not of the session that came latest.
    assertThat(drained)
        .containsExactly(
            "a 95-110 x3 = 3", "a 121-131 x2 = 2", "a 100-100 x1 = 1", "b 100-100 x1 = 1");
  }

  private static CombinerPlan sums(long sliceMs) {
    FoldFunction sum = FoldFunction.of(Aggregates.sum((Long value) -> value));
    return new CombinerPlan(
        "sum",
        new Fold(sum, Long.class, Long.class, true),
        sliceMs == 0
            ? Optional.empty()
            : Optional.of(WindowAccess.kind(Windows.tumbling(Duration.ofMillis(sliceMs)))),
        ErrorPolicy.fail(),
        true);
  }

  private static CombinerPlan largest(long sliceMs) {
    ReduceFunction<Long> larger = Math::max;
    return new CombinerPlan(
        "max",
        new Fold(FoldFunction.of(larger), Long.class, Long.class, true),
        Optional.of(WindowAccess.kind(Windows.tumbling(Duration.ofMillis(sliceMs)))),
        ErrorPolicy.fail(),
        true);
  }

  private static Combiner combiner(CombinerPlan plan, long maxBytes) {
    Folding folding =
        Folding.ofSharedRecords(
            plan.fold(), UnaryOperator.identity(), plan.errors(), new Caution());
    return new Combiner(plan, folding, maxBytes);
  }

  private static void add(Combiner combiner, String key, long time, long value) throws Exception {
    add(combiner, key, time, FrameFormat.RECORD, value);
  }

  private static void add(Combiner combiner, String key, long time, int kind, Object value)
      throws Exception {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    combiner.add(bytes, bytes.length, Hashing.murmur2(bytes, 0, bytes.length), time, kind, value);
  }

  private static Map<String, Long> drain(Combiner combiner, long sliceMs) {
    Map<String, Long> drained = new HashMap<>();
    combiner.drain(
        (keys, offset, length, hash, time, span, weight, partial) -> {
          String key = new String(keys, offset, length, StandardCharsets.UTF_8);
          long slice = sliceMs == 0 ? 0 : Math.floorDiv(time, sliceMs);
          assertThat(drained.put(key + "@" + slice, (Long) partial)).isNull();
        });
    return drained;
  }
}
