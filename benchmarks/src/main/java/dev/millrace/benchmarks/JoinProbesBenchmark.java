package dev.millrace.benchmarks;

import dev.millrace.internal.operator.join.StreamJoinOperator;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/**
 * The cost of a record of an interval join as a function of the number of records that its key has
 * on the other side, of which it meets ten, or none. Then what it costs with keys that have one
 * record on each side, and with those whose left one meets none, expiry included. The operator by
 * itself, on RocksDB, with a commit every thousand records; each record is added to its own side's
 * rows as well.
 *
 * <p>Arguments: numbers of records that wait (default 100 1000 10000 100000 1000000).
 */
public final class JoinProbesBenchmark {

  private static final long STEP_MS = 100;
  private static final int MATCHES = 10;
  private static final int PROBES = 20_000;
  private static final int RECORDS_OF_A_COMMIT = 1_000;
  private static final int ROUNDS = 5;
  private static final String VALUE = "a value of some length, as records have";

  private JoinProbesBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int[] sizes =
        args.length == 0
            ? new int[] {100, 1_000, 10_000, 100_000, 1_000_000}
            : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    measure(1_000); // warms up
    System.out.println(
        "| waiting per key | per record that meets 10 | per record that meets none |");
    System.out.println("|---|---|---|");
    for (int size : sizes) {
      double[] micros = measure(size);
      System.out.printf(Locale.ROOT, "| %,d | %.1f µs | %.1f µs |%n", size, micros[0], micros[1]);
    }
    pairs(20_000); // warms up
    System.out.printf(Locale.ROOT, "%nA key for each pair: %.1f µs per record%n", pairs(200_000));
  }

  /**
   * {@return what a record costs, in microseconds, if each key has a left record and nine in ten a
   * right one half a bound later; the watermark lags by a bound}
   */
  private static double pairs(int keys) throws Exception {
    Path directory = Files.createTempDirectory("millrace-benchmark");
    try (StateStores stores = new RocksDbStateStores(new StateMemory(128L << 20));
        StateStore store = stores.open(directory)) {
      SingleOperator task = task(store, JoinKind.LEFT);
      int later = 5_000;
      long records = 0;
      long start = System.nanoTime();
      for (int i = 0; i < keys + later; i++) {
        long timeMs = i * STEP_MS * MATCHES / 2 / later;
        if (i < keys) {
          task.record(0, "key-" + i, timeMs, VALUE);
          records++;
        }
        if (i >= later && i % 10 != 0) {
          task.record(1, "key-" + (i - later), timeMs, VALUE);
          records++;
        }
        if (i % RECORDS_OF_A_COMMIT == 0) {
          task.time(timeMs - STEP_MS * MATCHES);
        }
      }
      task.time(Long.MAX_VALUE);
      task.commit();
      double micros = (System.nanoTime() - start) / 1e3 / records;
      if (task.results() != keys) {
        throw new IllegalStateException("Instead of " + keys + " results " + task.results());
      }
      return micros;
    }
  }

  /** {@return the medians of the rounds, in microseconds: with matches and without} */
  private static double[] measure(int waiting) throws Exception {
    Path directory = Files.createTempDirectory("millrace-benchmark");
    try (StateStores stores = new RocksDbStateStores(new StateMemory(128L << 20));
        StateStore store = stores.open(directory)) {
      // In a join that keeps the left, its rows would be written once more with their first match.
      SingleOperator task = task(store, JoinKind.INNER);
      for (int i = 0; i < waiting; i++) {
        task.record(0, "hot", i * STEP_MS, VALUE);
      }
      task.commit();
      double[] meeting = new double[ROUNDS];
      double[] alone = new double[ROUNDS];
      Random random = new Random(7);
      for (int round = 0; round < ROUNDS; round++) {
        long before = task.results();
        meeting[round] = probes(task, () -> ((long) (random.nextDouble() * waiting)) * STEP_MS);
        if (task.results() - before < (long) PROBES * MATCHES / 2) {
          throw new IllegalStateException("Only " + (task.results() - before) + " results");
        }
        // After all that the left has, so that the range is empty.
        long end = (waiting + 2L * MATCHES) * STEP_MS;
        alone[round] = probes(task, () -> end + random.nextInt(1_000_000));
      }
      Arrays.sort(meeting);
      Arrays.sort(alone);
      return new double[] {meeting[ROUNDS / 2], alone[ROUNDS / 2]};
    }
  }

  private interface Times {
    long next();
  }

  private static double probes(SingleOperator task, Times times) {
    long start = System.nanoTime();
    for (int i = 0; i < PROBES; i++) {
      task.record(1, "hot", times.next(), VALUE);
    }
    task.commit();
    return (System.nanoTime() - start) / 1e3 / PROBES;
  }

  private static SingleOperator task(StateStore store, JoinKind kind) {
    KeyedOperation.StreamJoin join =
        new KeyedOperation.StreamJoin(
            kind,
            // Ten of the left side's steps.
            new JoinBounds.Interval(0, MATCHES * STEP_MS - 1),
            (left, right) -> 1L,
            String.class,
            String.class,
            Optional.empty(),
            Optional.empty());
    StageStreamJoin plan = new StageStreamJoin(join, String.class);
    return new SingleOperator(
        store, plan, RECORDS_OF_A_COMMIT, context -> StreamJoinOperator.of(plan, context));
  }
}
