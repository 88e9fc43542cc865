package dev.millrace.internal.operator.process;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.codec.KeyCodecs;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.handle.Declarations;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.SortedInput;
import dev.millrace.internal.plan.StageKeyedProcess;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
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
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Runs a process function over a store as a task does, with keys of text; moved by hand. */
final class ProcessHarness implements AutoCloseable {

  private final StageKeyedProcess plan;
  private final ErrorPolicy policy;
  private final StateStores stores;
  private final @Nullable Path directory;
  private final SchemaBook schemas = new InMemorySchemaBook();
  private final KeyCodec<Object> keys = keyCodec();
  private StateStore store;
  private Overlay overlay;
  private Map<String, RowStore<Object>> rows = new HashMap<>();
  private ProcessOperator operator;
  private long txn;
  private long watermark = Long.MIN_VALUE;
  private long committedWatermark = Long.MIN_VALUE;
  private long toldUpTo = Long.MIN_VALUE;
  private long committedToldUpTo = Long.MIN_VALUE;

  final List<String> results = new ArrayList<>();
  final List<Exception> failures = new ArrayList<>();
  final List<Object> letters = new ArrayList<>();
  long clockMs = 1_000_000;

  /** What {@link TransactionRoom} says from here on, one after the other; then yes. */
  final List<Boolean> room = new ArrayList<>();

  long lateRecords;

  /** Creates a harness; in memory if there is no directory, which the task outlives. */
  ProcessHarness(
      Supplier<? extends KeyedProcessFunction<String, ?, ?>> functions,
      ErrorPolicy policy,
      TimeDomain domain,
      @Nullable Path directory,
      OutputTag<?>... tags) {
    this(functions, policy, domain, directory, Optional.empty(), 1, tags);
  }

  /** Creates a harness of a function that reads several inputs. */
  ProcessHarness(
      Supplier<? extends KeyedProcessFunction<String, ?, ?>> functions,
      ErrorPolicy policy,
      TimeDomain domain,
      int inputs) {
    this(functions, policy, domain, null, Optional.empty(), inputs);
  }

  /** Creates a harness of a function whose input is sorted. */
  ProcessHarness(
      Supplier<? extends KeyedProcessFunction<String, ?, ?>> functions,
      ErrorPolicy policy,
      TimeDomain domain,
      @Nullable Path directory,
      Optional<SortedInput> sorted,
      OutputTag<?>... tags) {
    this(functions, policy, domain, directory, sorted, 1, tags);
  }

  private ProcessHarness(
      Supplier<? extends KeyedProcessFunction<String, ?, ?>> functions,
      ErrorPolicy policy,
      TimeDomain domain,
      @Nullable Path directory,
      Optional<SortedInput> sorted,
      int inputs,
      OutputTag<?>... tags) {
    List<HandleSpec> state =
        Declarations.of(functions.get()).specs().stream()
            .map(handle -> handle.inDomain(domain))
            .toList();
    this.plan =
        new StageKeyedProcess(
            functions,
            String.class,
            state,
            List.of(tags),
            inputs,
            domain == TimeDomain.EVENT,
            sorted);
    this.policy = policy;
    this.directory = directory;
    this.stores =
        directory == null
            ? new dev.millrace.internal.state.MemoryStateStores()
            : new RocksDbStateStores(new StateMemory(8L << 20));
    this.store = directory == null ? new InMemoryStateStore() : stores.open(directory);
    this.overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 14));
    this.operator = open();
  }

  @SuppressWarnings("unchecked") // keys are text
  private static KeyCodec<Object> keyCodec() {
    return (KeyCodec<Object>) (KeyCodec<?>) KeyCodecs.forType(String.class);
  }

  private ProcessOperator open() {
    rows = new HashMap<>();
    int id = 1;
    for (StoreSpec spec : plan.stores()) {
      rows.put(spec.suffix(), overlay.rows(id++, format(spec)));
    }
    return ProcessOperator.of(plan, new Context());
  }

  @SuppressWarnings("unchecked") // the plan says what the rows are
  private StoredValueFormat<Object> format(StoreSpec spec) {
    ValueCodec<Object> codec = (ValueCodec<Object>) ValueCodecs.forType(spec.valueType(), schemas);
    StoredValues<Object> stored = new StoredValues<>(codec);
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

  void record(String key, long timeMs, Object value) {
    record(key, timeMs, value, FrameFormat.RECORD);
  }

  /** A record of one of several inputs. */
  void record(int input, String key, long timeMs, Object value) {
    operator.onRecord(input, new Entry(key, timeMs, value, FrameFormat.RECORD));
  }

  void record(String key, long timeMs, Object value, int kind) {
    operator.onRecord(0, new Entry(key, timeMs, value, kind));
  }

  /** Moves event time; returns whether everything has fired. */
  boolean watermark(long timeMs) {
    watermark = timeMs;
    boolean complete = operator.onTime(TimeDomain.EVENT, timeMs);
    toldUpTo = complete ? timeMs : toldUpTo;
    return complete;
  }

  ClockOutcome clock(long wallMs) {
    clockMs = wallMs;
    return operator.onClock(wallMs);
  }

  void commit() {
    operator.beforeCommit();
    overlay.commit(new Checkpoint(0, 0, 0, ++txn, txn * 100, 0));
    committedWatermark = watermark;
    committedToldUpTo = toldUpTo;
  }

  /** Gives the transaction and the task up, and begins from what is committed. */
  void abort() {
    overlay.writeBack();
    watermark = committedWatermark;
    toldUpTo = committedToldUpTo;
    Path place = directory;
    if (place != null) {
      store.close();
      store = stores.open(place);
    }
    overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 14));
    operator = open();
  }

  /** {@return how many rows there are in all stores} */
  int rows() {
    return rows.keySet().stream().mapToInt(this::rows).sum();
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

  @Override
  public void close() {
    store.close();
    stores.close();
  }

  private final class Context implements OperatorContext {
    @Override
    public RowStore<Object> rows(String suffix) {
      return java.util.Objects.requireNonNull(rows.get(suffix), suffix);
    }

    @Override
    public KeyCodec<Object> keys() {
      return keys;
    }

    @Override
    public Guard guard() {
      return new Guard("process", policy, new Recorder());
    }

    @Override
    public Caution caution() {
      return new Caution();
    }

    @Override
    public Output next() {
      return (value, timeMs, kind) -> results.add(value + "@" + timeMs + of(kind));
    }

    @Override
    public Output side(String tag) {
      return (value, timeMs, kind) -> results.add(tag + ":" + value + "@" + timeMs + of(kind));
    }

    @Override
    public LateRecords late() {
      return new LateRecords() {
        @Override
        public void count(Late.Reason reason, long records) {
          lateRecords += records;
        }

        @Override
        public void countPartly(long records) {
          throw new UnsupportedOperationException();
        }

        @Override
        public void countInGap(long records) {
          throw new UnsupportedOperationException();
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
      return clockMs;
    }

    @Override
    public TransactionRoom room() {
      return () -> room.isEmpty() || room.remove(0);
    }

    @Override
    public long firedUpTo(TimeDomain domain) {
      return committedWatermark;
    }

    @Override
    public long inputTime(TimeDomain domain, int input) {
      return watermark;
    }

    @Override
    public long toldUpTo() {
      return committedToldUpTo;
    }
  }

  private static String of(int kind) {
    return kind == FrameFormat.RECORD ? "" : " of kind " + kind;
  }

  private final class Recorder implements Failures {
    @Override
    public void backOff(long millis) {
      clockMs += millis;
    }

    @Override
    public void giveUp(
        String operatorName, ErrorPolicy ofOperator, @Nullable Object value, Exception cause) {
      failures.add(cause);
      if (value != null) {
        letters.add(value);
      }
      if (ofOperator.action() == ErrorPolicy.Action.FAIL) {
        throw new IllegalStateException("the job stops", cause);
      }
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
