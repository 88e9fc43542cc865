package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.MemoryStateStores;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.timer.ScanLog;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a keyed operator over stores as a task does, with keys of text; moved by hand. How a test
 * sees its results is for the harness of each kind of operator to say, in its {@link Context}.
 */
public abstract class TaskHarness implements AutoCloseable {

  private final ErrorPolicy policy;
  private final StateStores stores;
  private final @Nullable Path directory;
  private final KeyCodec<Object> keys = keyCodec();
  private final OperatorRows rows;
  private final @Nullable ScanLog scans;
  private final StepBounds bounds = new StepBounds();
  private StateStore store;
  private Overlay overlay;
  private @Nullable KeyedOperator operator;
  private long txn;
  private long watermark = Long.MIN_VALUE;
  private long committedWatermark = Long.MIN_VALUE;
  private long firedTo = Long.MIN_VALUE;
  private long committedFiredTo = Long.MIN_VALUE;

  public final List<String> results = new ArrayList<>();
  public final List<Exception> failures = new ArrayList<>();

  /** What was dropped, if that is not just the record that has come. */
  public final List<Object> letters = new ArrayList<>();

  /** What came too late: how many at a time, and what went to an output for such records. */
  public final List<String> late = new ArrayList<>();

  /** What {@link TransactionRoom} answers from here on, one after the other; then yes. */
  public final List<Boolean> room = new ArrayList<>();

  public long partlyLate;
  public long retries;
  public long clockMs;

  /** Creates a harness; in memory if there is no directory, which the task outlives. */
  protected TaskHarness(StageOperator.Keyed plan, ErrorPolicy policy, @Nullable Path directory) {
    this.policy = policy;
    this.directory = directory;
    this.rows = new OperatorRows(plan, keys, 1);
    if (directory == null) {
      stores = new MemoryStateStores();
      scans = new ScanLog(new InMemoryStateStore());
      store = scans;
    } else {
      stores = new RocksDbStateStores(new StateMemory(8L << 20));
      scans = null;
      store = stores.open(directory);
    }
    this.overlay = overlay();
  }

  @SuppressWarnings("unchecked") // keys are text
  private static KeyCodec<Object> keyCodec() {
    return (KeyCodec<Object>) (KeyCodec<?>) KeyCodecs.forType(String.class);
  }

  private Overlay overlay() {
    return new Overlay(store, OverlayLimits.writingThrough(1 << 14));
  }

  /** {@return the operator, made anew from its rows, over a new {@link Context}} */
  protected abstract KeyedOperator open();

  /** Begins from what is committed; to be called once the harness is made. */
  protected final void begin() {
    rows.open(overlay);
    operator = open();
  }

  /** {@return the operator, until it is made anew} */
  public final KeyedOperator operator() {
    return Objects.requireNonNull(operator);
  }

  // ------------------------------------------------------------------ what happens

  /** Takes a record of the first input. */
  public final void record(String key, long timeMs, Object value) {
    record(0, key, timeMs, value);
  }

  /** Takes a record of the first input, of some kind. */
  public final void record(String key, long timeMs, Object value, int kind) {
    record(0, key, timeMs, value, kind);
  }

  /** Takes a record of one of several inputs. */
  public final void record(int input, String key, long timeMs, Object value) {
    record(input, key, timeMs, value, FrameFormat.RECORD);
  }

  /** Takes a record of one of several inputs, of some kind. */
  public final void record(int input, String key, long timeMs, Object value, int kind) {
    bounds.begin();
    operator().onRecord(input, new TextRecord(key, timeMs, value, kind));
  }

  /** Asks for the rows of a record that will come. */
  public final void want(int input, String key) {
    operator().want(input, new TextRecord(key, 0, "", FrameFormat.RECORD));
  }

  /** Moves event time; returns whether everything has fired. */
  public final boolean watermark(long timeMs) {
    bounds.begin();
    watermark = timeMs;
    boolean complete = operator().onTime(TimeDomain.EVENT, timeMs);
    firedTo = complete ? timeMs : firedTo;
    bounds.end(complete);
    return complete;
  }

  /** Moves the clock. */
  public final ClockOutcome clock(long wallMs) {
    bounds.begin();
    clockMs = wallMs;
    ClockOutcome outcome = operator().onClock(wallMs);
    bounds.end(outcome != ClockOutcome.MORE);
    return outcome;
  }

  /** Commits the transaction. */
  public final void commit() {
    operator().beforeCommit();
    overlay.commit(new Checkpoint(0, 0, 0, ++txn, txn * 100, 0));
    committedWatermark = watermark;
    committedFiredTo = firedTo;
  }

  /** Gives the transaction and the task up, and begins from what is committed. */
  public final void abort() {
    overlay.writeBack();
    watermark = committedWatermark;
    firedTo = committedFiredTo;
    Path place = directory;
    if (place != null) {
      store.close();
      store = stores.open(place);
    }
    overlay = overlay();
    begin();
  }

  @Override
  public final void close() {
    store.close();
    stores.close();
  }

  private boolean isRoomLeft() {
    bounds.askedForRoom();
    return room.isEmpty() || room.remove(0);
  }

  // ------------------------------------------------------------------ what is there

  /** {@return the time up to which all has fired} */
  protected final long firedTo() {
    return firedTo;
  }

  /** {@return the suffixes of all stores} */
  protected final Set<String> suffixes() {
    return rows.suffixes();
  }

  /** {@return how many rows a store has} */
  public final int rows(String suffix) {
    return rows.count(suffix);
  }

  /** {@return how many rows of a store were read one by one} */
  public final long singleLoads(String suffix) {
    return rows.of(suffix).singleLoads();
  }

  /** {@return how many rows of a store the open transaction has changed} */
  public final int changed(String suffix) {
    int[] count = {0};
    rows.of(suffix).forEachDirty(row -> count[0]++);
    return count[0];
  }

  /** {@return the scans of a store in memory} */
  public final ScanLog scans() {
    return Objects.requireNonNull(scans);
  }

  // ------------------------------------------------------------------ the task

  /** The operator's part of the task. */
  protected abstract class Context extends RowsContext {

    protected Context() {
      super(rows, keys);
    }

    @Override
    public final Guard guard() {
      return new Guard("tested", policy, new Recorder());
    }

    @Override
    public final LateRecords late() {
      return new Counters();
    }

    @Override
    public final long clockMs() {
      return clockMs;
    }

    @Override
    public final TransactionRoom room() {
      return TaskHarness.this::isRoomLeft;
    }

    @Override
    public final long firedUpTo(TimeDomain domain) {
      return committedWatermark;
    }

    @Override
    public final long inputTime(TimeDomain domain, int input) {
      return watermark;
    }

    @Override
    public final long toldUpTo() {
      return committedFiredTo;
    }
  }

  private final class Counters implements LateRecords {
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
      late.add("in a gap " + records);
    }

    @Override
    public void countUnmatched(long retractions) {
      throw new UnsupportedOperationException();
    }
  }

  private final class Recorder extends NoFailures {
    @Override
    public void backOff(long millis) {
      retries++;
      clockMs += millis;
    }

    @Override
    public void giveUp(
        String operatorName, ErrorPolicy ofOperator, @Nullable Object value, Exception cause) {
      failures.add(cause);
      if (ofOperator.action() == ErrorPolicy.Action.FAIL) {
        throw new IllegalStateException("the job stops", cause);
      }
      if (value != null) {
        letters.add(value);
      }
    }
  }
}
