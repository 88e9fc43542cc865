package dev.millrace.internal.shuffle;

import static dev.millrace.internal.shuffle.Combiners.PLENTY;
import static dev.millrace.internal.shuffle.Combiners.add;
import static dev.millrace.internal.shuffle.Combiners.combiner;
import static dev.millrace.internal.shuffle.Combiners.drain;
import static dev.millrace.internal.shuffle.Combiners.sums;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The lookups of records in a table that is larger than the processor's cache, many at a time: what
 * was added is not in the table yet.
 */
final class CombinerLookAheadTest {

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

  /** What is in the table counts, whichever way it came there. */
  @Test
  void aSumThatWasLargeBeforeTheTableWasOverflowsToo() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    add(combiner, "a", 0, Long.MAX_VALUE);
    add(combiner, "b", 0, -Long.MAX_VALUE);
    fill(combiner);
    assertThatThrownBy(() -> add(combiner, "a", 0, 1)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> add(combiner, "b", 0, -2)).isInstanceOf(ArithmeticException.class);
    assertThat(drain(combiner, 0))
        .containsEntry("a@0", Long.MAX_VALUE)
        .containsEntry("b@0", -Long.MAX_VALUE);
  }

  /** The smallest number is never looked up in a batch; what comes after it may be. */
  @Test
  void theSmallestNumberCountsForWhatComesAfterIt() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    fill(combiner);
    add(combiner, "a", 0, Long.MIN_VALUE);
    assertThatThrownBy(() -> add(combiner, "a", 0, -1)).isInstanceOf(ArithmeticException.class);
    assertThat(drain(combiner, 0)).containsEntry("a@0", Long.MIN_VALUE);
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
}
