package dev.millrace.internal.operator.join;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.codec.KeyCodecs;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.runtime.StageSetup;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.InMemoryStateStore;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.state.StateStores;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.ScanLog;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Runs a join over stores as a task does, with keys of text; moved by hand. */
final class JoinHarness implements AutoCloseable {

  private final StageOperator.Keyed plan;
  private final Function<OperatorContext, KeyedOperator> operators;
  private final ErrorPolicy policy;
  private final StateStores stores;
  private final @Nullable Path directory;
  private final SchemaBook schemas = new InMemorySchemaBook();
  private final KeyCodec<Object> keys = keyCodec();
  private StateStore store;
  private @Nullable ScanLog scans;
  private Overlay overlay;
  private Map<String, RowStore<Object>> rows = new HashMap<>();
  private KeyedOperator operator;
  private long txn;
  private long watermark = Long.MIN_VALUE;
  private long fired = Long.MIN_VALUE;
  private long committedFired = Long.MIN_VALUE;

  final List<String> results = new ArrayList<>();
  final List<Object> objects = new ArrayList<>();
  final List<Long> times = new ArrayList<>();

  /** What came out at side outputs that are not for late records. */
  final List<Object> sides = new ArrayList<>();

  final List<Object> letters = new ArrayList<>();
  final List<String> late = new ArrayList<>();

  /** What {@link TransactionRoom} says from here on, one after the other; then yes. */
  final List<Boolean> room = new ArrayList<>();

  /** Whether others may have the operator's records. */
  boolean sharesRecords;

  long retries;
  long inGaps;
  long partlyLate;

  /** Creates a harness; in memory if there is no directory, which the task outlives. */
  JoinHarness(KeyedOperation.StreamJoin join, ErrorPolicy policy, @Nullable Path directory) {
    this(new StageStreamJoin(join, String.class), policy, directory);
  }

  private JoinHarness(StageStreamJoin plan, ErrorPolicy policy, @Nullable Path directory) {
    this(plan, context -> StreamJoinOperator.of(plan, context), policy, directory);
  }

  /** Creates a harness of any operator. */
  JoinHarness(
      StageOperator.Keyed plan,
      Function<OperatorContext, KeyedOperator> operators,
      ErrorPolicy policy,
      @Nullable Path directory) {
    this.plan = plan;
    this.operators = operators;
    this.policy = policy;
    this.directory = directory;
    this.stores =
        directory == null
            ? new dev.millrace.internal.state.MemoryStateStores()
            : new RocksDbStateStores(new StateMemory(8L << 20));
    if (directory == null) {
      scans = new ScanLog(new InMemoryStateStore());
      store = scans;
    } else {
      store = stores.open(directory);
    }
    this.overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 14));
    this.operator = open();
  }

  @SuppressWarnings("unchecked") // keys are text
  private static KeyCodec<Object> keyCodec() {
    return (KeyCodec<Object>) (KeyCodec<?>) KeyCodecs.forType(String.class);
  }

  private KeyedOperator open() {
    rows = new HashMap<>();
    int id = 1;
    for (StoreSpec spec : plan.stores()) {
      rows.put(spec.suffix(), overlay.rows(id++, format(spec)));
    }
    return operators.apply(new Context());
  }

  @SuppressWarnings("unchecked") // the plan says what the rows are
  private StoredValueFormat<Object> format(StoreSpec spec) {
    ValueCodec<Object> codec = (ValueCodec<Object>) ValueCodecs.forType(spec.valueType(), schemas);
    return new StageSetup.Store(0, keys, codec, spec.times()).format();
  }

  /** A record of the left (0) or right (1) side. */
  void record(int input, String key, long timeMs, Object value) {
    record(input, key, timeMs, value, FrameFormat.RECORD);
  }

  void record(int input, String key, long timeMs, Object value, int kind) {
    operator.onRecord(input, new Entry(key, timeMs, value, kind));
  }

  /** Moves event time; returns whether everything has fired. */
  boolean watermark(long timeMs) {
    watermark = timeMs;
    boolean complete = operator.onTime(TimeDomain.EVENT, timeMs);
    fired = complete ? timeMs : fired;
    return complete;
  }

  /** Asks for the rows of a record that will come. */
  void want(int input, String key) {
    operator.want(input, new Entry(key, 0, "", FrameFormat.RECORD));
  }

  /** {@return how many rows of a store were read one by one} */
  long singleLoads(String suffix) {
    return Objects.requireNonNull(rows.get(suffix)).singleLoads();
  }

  /** {@return the operator, until it is made anew} */
  KeyedOperator operator() {
    return operator;
  }

  /** Moves the clock; returns whether there is more to do after the next commit. */
  boolean clock() {
    return operator.onClock(0) == ClockOutcome.MORE;
  }

  void commit() {
    operator.beforeCommit();
    overlay.commit(new Checkpoint(0, 0, 0, ++txn, txn * 100, 0));
    committedFired = fired;
  }

  /** Gives the transaction and the task up, and begins from what is committed. */
  void abort() {
    overlay.writeBack();
    watermark = committedFired;
    fired = committedFired;
    Path place = directory;
    if (place != null) {
      store.close();
      store = stores.open(place);
    }
    overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 14));
    operator = open();
  }

  /** {@return how many rows there are in all stores, but for the number of the next record} */
  int rows() {
    return rows.keySet().stream()
        .filter(suffix -> !suffix.equals(StageStreamJoin.ARRIVALS))
        .mapToInt(this::rows)
        .sum();
  }

  int rows(String suffix) {
    int count = 0;
    try (RowScan<Object> scan = rows.get(suffix).scan(new byte[0], null)) {
      while (scan.next()) {
        count++;
      }
    }
    return count;
  }

  /** {@return the scans of a store in memory} */
  ScanLog scans() {
    return Objects.requireNonNull(scans);
  }

  /** {@return how many rows of a store the open transaction has changed} */
  int changed(String suffix) {
    int[] count = {0};
    rows.get(suffix).forEachDirty(row -> count[0]++);
    return count[0];
  }

  @Override
  public void close() {
    store.close();
    stores.close();
  }

  private final class Context implements OperatorContext {
    @Override
    public RowStore<Object> rows(String suffix) {
      return Objects.requireNonNull(rows.get(suffix), suffix);
    }

    @Override
    public KeyCodec<Object> keys() {
      return keys;
    }

    @Override
    public Guard guard() {
      return new Guard("join", policy, new Recorder());
    }

    @Override
    public Caution caution() {
      return new Caution();
    }

    @Override
    public boolean sharesRecords() {
      return sharesRecords;
    }

    @Override
    public Output next() {
      return (value, timeMs, kind) -> {
        if (kind == FrameFormat.TOO_FAR_AHEAD && plan instanceof LookupOperator.AsOfNow) {
          results.add(value + "@" + timeMs + "!");
          objects.add(value);
          return;
        }
        if (kind != FrameFormat.RECORD) {
          throw new AssertionError("kind " + kind);
        }
        if (!(plan instanceof LookupOperator.AsOfNow)
            && fired != Long.MIN_VALUE
            && timeMs < fired - plan.holdsBackMs()) {
          throw new AssertionError(
              value + "@" + timeMs + " is late: " + fired + " - " + plan.holdsBackMs());
        }
        results.add(value + "@" + timeMs);
        objects.add(value);
        times.add(timeMs);
      };
    }

    @Override
    public Output side(String tag) {
      return (value, timeMs, kind) -> {
        if (value instanceof Late<?> record) {
          late.add(tag + " " + record.value() + "@" + timeMs + " " + record.reason());
        } else {
          sides.add(value);
        }
      };
    }

    @Override
    public LateRecords late() {
      return new LateRecords() {
        @Override
        public void count(Late.Reason reason, long records) {
          late.add("counted " + records);
        }

        @Override
        public void countPartly(long records) {
          partlyLate += records;
        }

        @Override
        public void countInGap(long records) {
          inGaps += records;
        }

        @Override
        public void countUnmatched(long retractions) {
          throw new UnsupportedOperationException();
        }
      };
    }

    @Override
    public UnaryOperator<Object> copying(String suffix) {
      StoreSpec spec =
          plan.stores().stream().filter(s -> s.suffix().equals(suffix)).findFirst().orElseThrow();
      if (Types.isImmutable(spec.valueType())) {
        return UnaryOperator.identity();
      }
      StoredValueFormat<Object> format = format(spec);
      return value -> format.fromBytes(format.toBytes(value));
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
      return () -> room.isEmpty() || room.remove(0);
    }

    @Override
    public long firedUpTo(TimeDomain domain) {
      return committedFired;
    }

    @Override
    public long inputTime(TimeDomain domain, int input) {
      return watermark;
    }
  }

  private final class Recorder implements Failures {
    @Override
    public void backOff(long millis) {
      retries++;
    }

    @Override
    public void giveUp(
        String operatorName, ErrorPolicy ofOperator, @Nullable Object value, Exception cause) {
      if (ofOperator.action() == ErrorPolicy.Action.FAIL) {
        throw new IllegalStateException("the job stops", cause);
      }
      letters.add(Objects.requireNonNull(value));
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

  private record Entry(String key, long timeMs, Object value, int kind) implements KeyedRecord {
    @Override
    public byte[] bytes() {
      ByteWriter out = new ByteWriter();
      out.writeByte(7); // a key does not begin where the bytes do
      byte[] text = key.getBytes(StandardCharsets.UTF_8);
      out.writeBytes(text, 0, text.length);
      return out.toByteArray();
    }

    @Override
    public int keyOffset() {
      return 1;
    }

    @Override
    public int keyLength() {
      return bytes().length - 1;
    }

    @Override
    public int keyHash() {
      return Hashing.murmur2(bytes(), 1, keyLength());
    }

    @Override
    public long firstTimeMs() {
      return timeMs;
    }

    @Override
    public long weight() {
      return 1;
    }
  }
}
