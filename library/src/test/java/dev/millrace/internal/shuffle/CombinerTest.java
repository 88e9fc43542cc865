package dev.millrace.internal.shuffle;

import static dev.millrace.internal.shuffle.Combiners.PLENTY;
import static dev.millrace.internal.shuffle.Combiners.add;
import static dev.millrace.internal.shuffle.Combiners.combiner;
import static dev.millrace.internal.shuffle.Combiners.drain;
import static dev.millrace.internal.shuffle.Combiners.sums;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.frame.FrameFormat;
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
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** The partial results that a combiner makes of records. */
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

  @Test
  void aFunctionThatThrowsLeavesTheSumAsItWas() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    add(combiner, "a", 0, Long.MAX_VALUE);
    assertThatThrownBy(() -> add(combiner, "a", 0, 1)).isInstanceOf(ArithmeticException.class);
    assertThat(drain(combiner, 0)).isEqualTo(Map.of("a@0", Long.MAX_VALUE));
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
}
