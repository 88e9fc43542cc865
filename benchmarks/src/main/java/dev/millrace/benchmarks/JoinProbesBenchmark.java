package dev.millrace.benchmarks;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.codec.KeyCodecs;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.join.StreamJoinOperator;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.state.StateStores;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.util.Hashing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a record of an interval join costs by how many records of the other side its key has, of
 * which it meets ten, or none: the curve over the number. Then what it costs with keys that have
 * one record on each side, and with those whose left one meets none, expiry included. The operator
 * by itself, on RocksDB, with a commit every thousand records; each record is added to its own
 * side's rows as well.
 *
 * <p>Arguments: numbers of records that wait (default 100 1000 10000 100000 1000000).
 */
public final class JoinProbesBenchmark {

  private static final long STEP_MS = 100;
  private static final int MATCHES = 10;
  private static final int PROBES = 20_000;
  private static final int RECORDS_OF_A_COMMIT = 1_000;
  private static final int ROUNDS = 5;

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
   * right one half a bound later; the watermark is a bound behind}
   */
  private static double pairs(int keys) throws Exception {
    Path directory = Files.createTempDirectory("millrace-benchmark");
    try (StateStores stores = new RocksDbStateStores(new StateMemory(128L << 20));
        StateStore store = stores.open(directory)) {
      Task task = new Task(store, JoinKind.LEFT);
      int later = 5_000;
      long records = 0;
      long start = System.nanoTime();
      for (int i = 0; i < keys + later; i++) {
        long timeMs = i * STEP_MS * MATCHES / 2 / later;
        if (i < keys) {
          task.record(0, "key-" + i, timeMs);
          records++;
        }
        if (i >= later && i % 10 != 0) {
          task.record(1, "key-" + (i - later), timeMs);
          records++;
        }
        if (i % RECORDS_OF_A_COMMIT == 0) {
          task.operator.onTime(TimeDomain.EVENT, timeMs - STEP_MS * MATCHES);
        }
      }
      task.operator.onTime(TimeDomain.EVENT, Long.MAX_VALUE);
      task.commit();
      double micros = (System.nanoTime() - start) / 1e3 / records;
      if (task.results != keys) {
        throw new IllegalStateException("Instead of " + keys + " results " + task.results);
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
      Task task = new Task(store, JoinKind.INNER);
      for (int i = 0; i < waiting; i++) {
        task.record(0, "hot", i * STEP_MS);
      }
      task.commit();
      double[] meeting = new double[ROUNDS];
      double[] alone = new double[ROUNDS];
      Random random = new Random(7);
      for (int round = 0; round < ROUNDS; round++) {
        long before = task.results;
        meeting[round] = probes(task, () -> ((long) (random.nextDouble() * waiting)) * STEP_MS);
        if (task.results - before < (long) PROBES * MATCHES / 2) {
          throw new IllegalStateException("Only " + (task.results - before) + " results");
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

  private static double probes(Task task, Times times) {
    long start = System.nanoTime();
    for (int i = 0; i < PROBES; i++) {
      task.record(1, "hot", times.next());
    }
    task.commit();
    return (System.nanoTime() - start) / 1e3 / PROBES;
  }

  /** A task with nothing but the operator. */
  private static final class Task implements OperatorContext {
    private final SchemaBook schemas = new InMemorySchemaBook();
    private final Map<String, RowStore<Object>> rows = new HashMap<>();
    private final Overlay overlay;
    private final StreamJoinOperator operator;
    private int uncommitted;
    private long transactions;
    private long results;

    Task(StateStore store, JoinKind kind) {
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
      this.overlay = new Overlay(store, OverlayLimits.writingBack(16L << 20));
      int id = 1;
      for (StoreSpec spec : plan.stores()) {
        rows.put(spec.suffix(), overlay.rows(id++, format(spec)));
      }
      this.operator = StreamJoinOperator.of(plan, this);
    }

    @SuppressWarnings("unchecked") // the plan says what the rows are
    private StoredValueFormat<Object> format(StoreSpec spec) {
      StoredValues<Object> stored =
          new StoredValues<>((ValueCodec<Object>) ValueCodecs.forType(spec.valueType(), schemas));
      return new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(Object value) {
          return stored.toBytes(value);
        }

        @Override
        public Object fromBytes(byte[] bytes) {
          return stored.fromBytes(bytes);
        }
      };
    }

    void record(int input, String key, long timeMs) {
      operator.onRecord(input, new Entry(key.getBytes(StandardCharsets.UTF_8), timeMs));
      if (++uncommitted == RECORDS_OF_A_COMMIT) {
        commit();
      }
    }

    void commit() {
      operator.beforeCommit();
      uncommitted = 0;
      transactions++;
      long wallMs = System.nanoTime() / 1_000_000;
      overlay.commit(new Checkpoint(0, 0, 0, transactions, wallMs, 0));
    }

    @Override
    public RowStore<Object> rows(String suffix) {
      return Objects.requireNonNull(rows.get(suffix), suffix);
    }

    @Override
    @SuppressWarnings("unchecked") // keys are text
    public KeyCodec<Object> keys() {
      return (KeyCodec<Object>) (KeyCodec<?>) KeyCodecs.forType(String.class);
    }

    @Override
    public Guard guard() {
      return new Guard("join", ErrorPolicy.fail(), new NoFailures());
    }

    @Override
    public Caution caution() {
      return new Caution();
    }

    @Override
    public Output next() {
      return (value, timeMs, kind) -> results++;
    }

    @Override
    public Output side(String tag) {
      return Output.NONE;
    }

    @Override
    public LateRecords late() {
      return new LateRecords() {
        @Override
        public void count(Late.Reason reason, long records) {
          throw new IllegalStateException("Nothing is late here");
        }

        @Override
        public void countPartly(long records) {}

        @Override
        public void countInGap(long records) {}

        @Override
        public void countUnmatched(long retractions) {}
      };
    }

    @Override
    public UnaryOperator<Object> copying(String suffix) {
      return UnaryOperator.identity();
    }

    @Override
    public int largestKeyBytes() {
      return 1 << 18;
    }

    @Override
    public long cacheBytes() {
      return 1 << 20;
    }

    @Override
    public long clockMs() {
      return 0;
    }

    @Override
    public TransactionRoom room() {
      return () -> true;
    }

    @Override
    public long firedUpTo(TimeDomain domain) {
      return Long.MIN_VALUE;
    }

    @Override
    public long inputTime(TimeDomain domain, int input) {
      return Long.MIN_VALUE;
    }
  }

  private static final class NoFailures implements Failures {
    @Override
    public void backOff(long millis) {}

    @Override
    public void giveUp(
        String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
      throw new IllegalStateException("The join failed", cause);
    }

    @Override
    public void countRetry() {}

    @Override
    public Origin origin() {
      return new Origin() {};
    }

    @Override
    public void resume(Origin origin) {}

    @Override
    public void atNoRecord() {}
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Entry(byte[] bytes, long timeMs) implements KeyedRecord {
    @Override
    public int keyOffset() {
      return 0;
    }

    @Override
    public int keyLength() {
      return bytes.length;
    }

    @Override
    public int keyHash() {
      return Hashing.murmur2(bytes, 0, bytes.length);
    }

    @Override
    public long firstTimeMs() {
      return timeMs;
    }

    @Override
    public long weight() {
      return 1;
    }

    @Override
    public int kind() {
      return FrameFormat.RECORD;
    }

    @Override
    public Object value() {
      return "a value of some length, as records have";
    }
  }
}
