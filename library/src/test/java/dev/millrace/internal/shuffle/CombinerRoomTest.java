package dev.millrace.internal.shuffle;

import static dev.millrace.internal.shuffle.Combiners.PLENTY;
import static dev.millrace.internal.shuffle.Combiners.add;
import static dev.millrace.internal.shuffle.Combiners.combiner;
import static dev.millrace.internal.shuffle.Combiners.drain;
import static dev.millrace.internal.shuffle.Combiners.largest;
import static dev.millrace.internal.shuffle.Combiners.retractable;
import static dev.millrace.internal.shuffle.Combiners.sums;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bound of a combiner's memory, and what leaves it early. */
final class CombinerRoomTest {

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

  /** Stragglers come, slices leave early or all at once, and the next record may be of the same. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noneOfWhatItHasIsBeforeItsEarliestTime(boolean longs) throws Exception {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    Combiner combiner = combiner(longs ? sums(1_000) : largest(1_000), PLENTY);
    assertThat(combiner.earliestMs()).isEqualTo(Long.MAX_VALUE);
    long now = 0;
    int passed = 0;
    for (int step = 0; step < 200; step++) {
      int records = random.nextInt(4_000);
      for (int i = 0; i < records; i++) {
        now += random.nextInt(2);
        long back = random.nextInt(500) == 0 ? random.nextInt(5_000) : random.nextInt(100);
        add(combiner, "k" + random.nextInt(20_000), now - back, 1L);
      }
      long earliest = combiner.earliestMs();
      long[] held = {Long.MAX_VALUE};
      Combiner.Drain drain =
          (keys, offset, length, hash, time, span, weight, partial) ->
              held[0] = Math.min(held[0], time);
      if (random.nextInt(3) == 0) {
        combiner.drain(drain);
      } else {
        combiner.makeRoom(drain);
      }
      assertThat(held[0]).as("seed %d, step %d", seed, step).isGreaterThanOrEqualTo(earliest);
      passed += combiner.earliestMs() > earliest ? 1 : 0;
    }
    assertThat(passed).as("seed %d", seed).isGreaterThan(50);
  }

  @Test
  void withoutSlicesItsTimesAreNotKnown() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    assertThat(combiner.earliestMs()).isEqualTo(Long.MAX_VALUE);
    add(combiner, "a", 5_000, 1L);
    assertThat(combiner.earliestMs()).isEqualTo(Long.MIN_VALUE);
    combiner.clear();
    assertThat(combiner.earliestMs()).isEqualTo(Long.MAX_VALUE);
  }
}
