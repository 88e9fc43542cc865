package dev.millrace.internal.shuffle;

import static dev.millrace.internal.shuffle.Combiners.PLENTY;
import static dev.millrace.internal.shuffle.Combiners.add;
import static dev.millrace.internal.shuffle.Combiners.combiner;
import static dev.millrace.internal.shuffle.Combiners.retractable;
import static dev.millrace.internal.shuffle.Combiners.sums;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.RetractableFolds;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records and retractions that net out before they are sent. */
final class CombinerRetractionsTest {

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
    assertThat(weightsAndSums(combiner))
        .containsExactly(
            "first x0 = 1",
            "first x-1 = " + Long.MAX_VALUE,
            "after x1 = 5",
            "after x0 = 1",
            "after x-1 = " + Long.MAX_VALUE);
    add(combiner, "first", 1, 7);
    assertThat(weightsAndSums(combiner)).containsExactly("first x1 = 7");
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
    assertThat(weightsAndSums(combiner))
        .containsExactly(
            "up x1 = " + Long.MAX_VALUE,
            "up x2 = 5",
            "down x-2 = " + Long.MIN_VALUE,
            "down x-1 = -1");
  }

  private static List<String> weightsAndSums(Combiner combiner) {
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
}
