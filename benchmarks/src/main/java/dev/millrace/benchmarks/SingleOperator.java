package dev.millrace.benchmarks;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.util.Hashing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An operator by itself, on a state store, with nothing of a task around it but the commits: what
 * benchmarks of operators run. Nothing may be late or fail.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SingleOperator implements OperatorContext {

  private final SchemaBook schemas = new InMemorySchemaBook();
  private final Map<String, RowStore<Object>> rows = new HashMap<>();
  private final Overlay overlay;
  private final int recordsOfACommit;
  private final KeyedOperator operator;
  private int uncommitted;
  private long transactions;
  private long results;

  /**
   * Creates an operator.
   *
   * @param recordsOfACommit how many records there are in a transaction
   * @param open makes it, in the context that it is given
   */
  SingleOperator(
      StateStore store,
      StageOperator.Keyed plan,
      int recordsOfACommit,
      Function<OperatorContext, KeyedOperator> open) {
    this.recordsOfACommit = recordsOfACommit;
    this.overlay = new Overlay(store, OverlayLimits.writingBack(16L << 20));
    int id = 1;
    for (StoreSpec spec : plan.stores()) {
      rows.put(spec.suffix(), overlay.rows(id++, format(spec)));
    }
    this.operator = open.apply(this);
  }

  /** {@return how many results there were} */
  long results() {
    return results;
  }

  @SuppressWarnings("unchecked") // the plan has the type of the rows
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

  /** Takes a record; with some of them there is a commit. */
  void record(int input, String key, long timeMs, Object value) {
    operator.onRecord(input, new Entry(key.getBytes(StandardCharsets.UTF_8), timeMs, value));
    if (++uncommitted == recordsOfACommit) {
      commit();
    }
  }

  /** Moves event time. */
  void time(long watermark) {
    operator.onTime(TimeDomain.EVENT, watermark);
  }

  /** Commits. */
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
    return new Guard("operator", ErrorPolicy.fail(), new NoFailures());
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

  private static final class NoFailures implements Failures {
    @Override
    public void backOff(long millis) {}

    @Override
    public void giveUp(
        String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
      throw new IllegalStateException("The operator failed", cause);
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
  private record Entry(byte[] bytes, long timeMs, Object value) implements KeyedRecord {
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
  }
}
