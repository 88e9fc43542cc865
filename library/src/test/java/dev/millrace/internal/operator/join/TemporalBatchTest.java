package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.TableLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A join with a table as of event time, beside what a batch and a model give. */
final class TemporalBatchTest {

  private static final int STREAM = TableLookup.STREAM;
  private static final int TABLE = TableLookup.TABLE;
  private static final String VERSIONS = LookupOperator.AsOfEventTime.VERSIONS;
  private static final String WAITING = LookupOperator.AsOfEventTime.STREAM;

  @TempDir Path directory;

  private record In(int number, int input, String key, long timeMs, boolean isGone) {

    String value() {
      return isGone ? "-" : "v" + number;
    }
  }

  private static List<In> inputs(Random random, int lateness) {
    List<In> inputs = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      long time = i / 2 - random.nextInt(lateness);
      String key = "k" + random.nextInt(3);
      int input = random.nextInt(2);
      inputs.add(new In(i, input, key, time, input == TABLE && random.nextInt(4) == 0));
    }
    return inputs;
  }

  /** The row of each record among all there are, whenever they came. */
  private static List<String> batch(List<In> all, JoinKind kind) {
    List<String> results = new ArrayList<>();
    for (In record : all) {
      if (record.input() != STREAM) {
        continue;
      }
      In row = null;
      for (In version : all) {
        if (version.input() == TABLE
            && version.key().equals(record.key())
            && version.timeMs() <= record.timeMs()
            && (row == null || version.timeMs() >= row.timeMs())) {
          row = version;
        }
      }
      boolean found = row != null && !row.isGone();
      if (found || kind.keepsLeft()) {
        String value = found ? row.value() : "null";
        results.add(record.value() + "+" + value + "@" + record.timeMs());
      }
    }
    return results;
  }

  /** Full transactions, commits and aborts at any moment change nothing. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void theResultsAreThoseOfABatch(long seed) {
    for (JoinKind kind : List.of(JoinKind.INNER, JoinKind.LEFT)) {
      Random random = new Random(seed);
      List<In> inputs = inputs(random, 9);
      @Nullable Path place = seed <= 3 ? directory.resolve(kind.verb() + seed) : null;
      List<String> found = new ArrayList<>();
      try (JoinHarness harness =
          TemporalCases.harness(TemporalCases.lookup(kind), ErrorPolicy.fail(), place)) {
        run(harness, inputs, random, found, new Model(kind));
        assertThat(harness.late).isEmpty();
        assertThat(harness.partlyLate).isZero();
      }
      assertThat(found)
          .as("seed %d, %s", seed, kind)
          .containsExactlyInAnyOrderElementsOf(batch(inputs, kind));
    }
  }

  /** What comes late is worked out step by step, from whole lists. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void whatIsLateIsMissedByThoseThatAreThrough(long seed) {
    Random random = new Random(seed);
    List<In> inputs = inputs(random, 30);
    List<String> found = new ArrayList<>();
    Model model = new Model(JoinKind.LEFT);
    try (JoinHarness harness =
        TemporalCases.harness(TemporalCases.lookup(JoinKind.LEFT), ErrorPolicy.fail(), null)) {
      run(harness, inputs, random, found, model);
      assertThat(harness.partlyLate).isPositive();
    }
    assertThat(found)
        .as("seed %d", seed)
        .containsExactlyInAnyOrderElementsOf(model.results)
        .hasSizeLessThan(inputs.size() / 2);
  }

  /** The rows that there should be, and what is found in them. */
  private static final class Model {
    private final JoinKind kind;
    private final Map<String, TreeMap<Long, In>> versions = new HashMap<>();
    private final List<In> waiting = new ArrayList<>();
    private final List<String> results = new ArrayList<>();
    private long watermark = Long.MIN_VALUE;

    Model(JoinKind kind) {
      this.kind = kind;
    }

    void take(In one) {
      if (one.input() == STREAM) {
        if (one.timeMs() >= watermark) {
          waiting.add(one);
        }
        return;
      }
      TreeMap<Long, In> ofKey = versions.computeIfAbsent(one.key(), key -> new TreeMap<>());
      Long base = ofKey.lowerKey(watermark);
      if (base == null || one.timeMs() >= base) {
        ofKey.put(one.timeMs(), one);
      }
    }

    void fire(long newWatermark) {
      watermark = newWatermark;
      for (In record : List.copyOf(waiting)) {
        if (record.timeMs() < watermark) {
          waiting.remove(record);
          Map.Entry<Long, In> row =
              versions
                  .computeIfAbsent(record.key(), key -> new TreeMap<>())
                  .floorEntry(record.timeMs());
          boolean isThere = row != null && !row.getValue().isGone();
          if (isThere || kind.keepsLeft()) {
            String value = isThere ? row.getValue().value() : "null";
            results.add(record.value() + "+" + value + "@" + record.timeMs());
          }
        }
      }
      for (TreeMap<Long, In> ofKey : versions.values()) {
        Map.Entry<Long, In> base = ofKey.lowerEntry(watermark);
        if (base != null) {
          ofKey.headMap(base.getKey(), base.getValue().isGone()).clear();
        }
      }
    }

    int rows() {
      return versions.values().stream().mapToInt(TreeMap::size).sum();
    }
  }

  private static void run(
      JoinHarness harness, List<In> inputs, Random random, List<String> found, Model model) {
    int from = 0;
    while (from < inputs.size()) {
      int to = Math.min(inputs.size(), from + 1 + random.nextInt(12));
      List<In> batch = inputs.subList(from, to);
      // With a lateness of 9 nothing that is still to come is older.
      long watermark = to == inputs.size() ? Long.MAX_VALUE : to / 2 - 8;
      if (random.nextInt(3) == 0) {
        batch.forEach(one -> send(harness, one));
        fill(harness, random);
        boolean ignored = random.nextBoolean() && harness.watermark(watermark);
        harness.results.clear();
        harness.late.clear();
        harness.abort();
      }
      harness.room.clear();
      batch.forEach(one -> send(harness, one));
      batch.forEach(model::take);
      boolean complete;
      do {
        fill(harness, random);
        complete = harness.watermark(watermark);
        found.addAll(harness.results);
        harness.results.clear();
        harness.commit();
        if (random.nextInt(4) == 0) {
          harness.abort(); // also amid a firing: it goes on
        }
      } while (!complete);
      harness.room.clear();
      model.fire(watermark);
      assertThat(harness.rows(VERSIONS)).as("versions at %d", watermark).isEqualTo(model.rows());
      assertThat(harness.rows(WAITING)).isEqualTo(model.waiting.size());
      from = to;
    }
  }

  private static void send(JoinHarness harness, In one) {
    harness.record(one.input(), one.key(), one.timeMs(), one.value());
  }

  /** Room for a few rows, then none. */
  private static void fill(JoinHarness harness, Random random) {
    harness.room.clear();
    if (random.nextBoolean()) {
      for (int i = 1 + random.nextInt(8); i >= 0; i--) {
        harness.room.add(true);
      }
      harness.room.add(false);
    }
  }
}
