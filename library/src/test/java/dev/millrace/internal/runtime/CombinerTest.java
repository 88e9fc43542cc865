package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.plan.Fold;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.util.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CombinerTest {

  private static final long PLENTY = 1 << 30;

  @Test
  void sumsPerKeyAndSliceEqualANaiveSum() throws Exception {
    long seed = 4711;
    Random random = new Random(seed);
    Combiner combiner = new Combiner(sums(100), PLENTY);
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

  @Test
  void anEmptyKeyAndAnEmptySliceAreKeysLikeOthers() throws Exception {
    Combiner combiner = new Combiner(sums(0), PLENTY);
    add(combiner, "", Long.MIN_VALUE, 1);
    add(combiner, "", Long.MAX_VALUE, 2);
    assertThat(drain(combiner, 0)).isEqualTo(Map.of("@0", 3L));
  }

  @Test
  void objectsAreFoldedInTheirOrder() throws Exception {
    ReduceFunction<String> concat = (left, right) -> left + right;
    Fold fold = new Fold(FoldFunction.of(concat), String.class, String.class, true);
    Combiner combiner =
        new Combiner(new CombinerPlan("fold", fold, 0, 0, ErrorPolicy.fail(), true), PLENTY);
    for (String letter : "stream".split("")) {
      byte[] key = {1};
      combiner.add(key, 1, Hashing.murmur2(key, 0, 1), 0, letter);
    }
    StringBuilder result = new StringBuilder();
    combiner.drain((keys, offset, length, hash, time, partial) -> result.append(partial));
    assertThat(result).hasToString("stream");
  }

  @Test
  void aFunctionThatThrowsLeavesTheSumAsItWas() throws Exception {
    Combiner combiner = new Combiner(sums(0), PLENTY);
    add(combiner, "a", 0, Long.MAX_VALUE);
    assertThatThrownBy(() -> add(combiner, "a", 0, 1)).isInstanceOf(ArithmeticException.class);
    assertThat(drain(combiner, 0)).isEqualTo(Map.of("a@0", Long.MAX_VALUE));
  }

  @Test
  void distinctKeysDoNotPayOffAndRepeatedOnesDo() throws Exception {
    Combiner combiner = new Combiner(sums(0), PLENTY);
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i, 0, 1);
    }
    assertThat(combiner.paysOff()).isFalse();
    combiner.clear();
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i % 100, 0, 1);
    }
    assertThat(combiner.paysOff()).isTrue();
  }

  @Test
  void theTableSaysWhenItIsFull() throws Exception {
    Combiner combiner = new Combiner(sums(0), 1 << 20);
    int keys = 0;
    while (!combiner.isFull()) {
      add(combiner, "key-" + keys++, 0, 1);
    }
    assertThat(keys).isBetween(1_000, 20_000);
    combiner.clear();
    assertThat(drain(combiner, 0)).isEmpty();
  }

  private static CombinerPlan sums(long sliceMs) {
    FoldFunction sum = FoldFunction.of(Aggregates.sum((Long value) -> value));
    return new CombinerPlan(
        "sum", new Fold(sum, Long.class, Long.class, true), sliceMs, 0, ErrorPolicy.fail(), true);
  }

  private static void add(Combiner combiner, String key, long time, long value) throws Exception {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    combiner.add(bytes, bytes.length, Hashing.murmur2(bytes, 0, bytes.length), time, value);
  }

  private static Map<String, Long> drain(Combiner combiner, long sliceMs) {
    Map<String, Long> drained = new HashMap<>();
    combiner.drain(
        (keys, offset, length, hash, time, partial) -> {
          String key = new String(keys, offset, length, StandardCharsets.UTF_8);
          long slice = sliceMs == 0 ? 0 : Math.floorDiv(time, sliceMs);
          assertThat(drained.put(key + "@" + slice, (Long) partial)).isNull();
        });
    return drained;
  }
}
