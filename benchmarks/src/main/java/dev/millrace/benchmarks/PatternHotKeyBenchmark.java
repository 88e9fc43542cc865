package dev.millrace.benchmarks;

import dev.millrace.internal.operator.pattern.PatternOperator;
import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.plan.PatternMatch;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.pattern.Pattern;
import dev.millrace.time.TimeDomain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * The cost of an event as a function of the number of partial matches that its key has: one that
 * concerns none of them, one that begins another, and one that completes ten; and the cost of an
 * event that waits for the watermark beside so many. The operator by itself, on RocksDB, with a
 * commit every thousand events.
 *
 * <p>Arguments: numbers of partial matches (default 100 1000 10000 100000).
 */
public final class PatternHotKeyBenchmark {

  private static final int MATCHES = 10;
  private static final int PROBES = 20_000;
  private static final int EVENTS_OF_A_COMMIT = 1_000;
  private static final int ROUNDS = 5;

  /** After so many events the watermark follows. */
  private static final int EVENTS_OF_A_WATERMARK = 100;

  private static final Pattern<String> PATTERN =
      Pattern.<String>begin("a")
          .where(event -> event.startsWith("a"))
          .followedBy("b")
          .where(event -> event.startsWith("b"))
          .followedByAny("c")
          .where(event -> event.startsWith("c"))
          .within(Duration.ofDays(1));

  private PatternHotKeyBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int[] sizes =
        args.length == 0
            ? new int[] {100, 1_000, 10_000, 100_000}
            : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    measure(1_000); // warms up
    System.out.println(
        "| partial matches | event that concerns none | that begins another | that completes 10 |"
            + " event that waits beside as many |");
    System.out.println("|---|---|---|---|---|");
    for (int size : sizes) {
      double[] micros = measure(size);
      System.out.printf(
          Locale.ROOT,
          "| %,d | %.1f µs | %.1f µs | %.1f µs | %.1f µs |%n",
          size,
          micros[0],
          micros[1],
          micros[2],
          micros[3]);
    }
  }

  /** {@return the medians of the rounds, in microseconds} */
  private static double[] measure(int waiting) throws Exception {
    double[][] micros = new double[4][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      Path directory = Files.createTempDirectory("millrace-benchmark");
      try (StateStores stores = new RocksDbStateStores(new StateMemory(128L << 20));
          StateStore store = stores.open(directory)) {
        Key key = new Key(store);
        key.events("a", MATCHES);
        key.events("b", 1);
        key.events("a", waiting);
        micros[0][round] = key.events("x", PROBES);
        long before = key.task.results();
        micros[2][round] = key.events("c", PROBES);
        check(key.task.results() - before, (long) PROBES * MATCHES);
        micros[1][round] = key.events("a", PROBES);
        micros[3][round] = key.waiting(waiting);
      }
    }
    return Arrays.stream(micros).mapToDouble(PatternHotKeyBenchmark::median).toArray();
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[ROUNDS / 2];
  }

  private static void check(long results, long expected) {
    if (results != expected) {
      throw new IllegalStateException("Instead of " + expected + " matches " + results);
    }
  }

  /** One key, with nothing but the operator around it. */
  private static final class Key {
    private final SingleOperator task;
    private long timeMs;

    Key(StateStore store) {
      PatternMatch match =
          new PatternMatch(
              Specs.of(PATTERN, PatternSpec.class),
              MatchRules.DEFAULT.limited(new KeyLimit(1 << 24, KeyLimit.Overflow.FAIL)),
              (found, out) -> out.emit(found.first("a")),
              String.class);
      StagePatternMatch plan = new StagePatternMatch(match, String.class, TimeDomain.EVENT);
      this.task =
          new SingleOperator(
              store, plan, EVENTS_OF_A_COMMIT, context -> PatternOperator.of(plan, context));
    }

    /** Returns what an event has cost, in microseconds. */
    double events(String kind, int count) {
      long start = System.nanoTime();
      for (int i = 1; i <= count; i++) {
        task.record(0, "hot", ++timeMs, kind + timeMs);
        if (i % EVENTS_OF_A_WATERMARK == 0 || i == count) {
          task.time(timeMs + 1);
        }
      }
      task.commit();
      return (System.nanoTime() - start) / 1e3 / count;
    }

    /** Returns what an event has cost if all of them wait for one watermark. */
    double waiting(int count) {
      long start = System.nanoTime();
      for (int i = 0; i < count; i++) {
        task.record(0, "hot", ++timeMs, "x" + timeMs);
      }
      task.time(timeMs + 1);
      task.commit();
      return (System.nanoTime() - start) / 1e3 / count;
    }
  }
}
