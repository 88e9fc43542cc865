package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.FiringRow;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.Slicing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Windows that share slices: one accumulator per (slice, key), however many windows the slice
 * belongs to, and one final result per window and key.
 *
 * <p>As long as they fit, slices are {@linkplain KeyRuns queues in memory}, and rows are written
 * with the commit. If they do not fit, each record changes its {@linkplain SliceTable row}, and
 * windows are put together by {@linkplain SliceChunks scans}. A window fires key by key in the
 * order of keys. When a transaction fills up in the middle, a row records where to go on, since
 * nothing else shows what has fired.
 *
 * <p>I1: every window that ends at or before {@code closedUpTo} has fired. I2: no slice ends before
 * {@code earliestSlice}. I3: where there are queues, they have all slices.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SlidingAggregate implements KeyedOperator {

  private static final byte[] FIRING_KEY = {0};

  /** After so many windows fired from scans, loading all keys into memory is tried again. */
  private static final int SCANS_BEFORE_RUNS = 16;

  private final Slicing slicing;
  private final TimeDomain domain;
  private final Folding folding;
  private final SliceTable table;
  private final SliceRows layout;
  private final RowStore<Object> firings;
  private final Guard guard;
  private final WindowResults results;
  private final LateOutput late;
  private final TransactionRoom room;
  private final Merging merging;
  private final long runBytes;
  private final SliceChunks chunks;
  private final RowPrefetch prefetch;
  private final boolean accumulatorsGrow;

  private @Nullable KeyRuns runs;
  private int scansUntilRuns;

  /**
   * The time up to which this operator has fired, or is firing. A record that comes in the middle
   * of a firing is late for all windows up to here, although those that have still to fire may have
   * it.
   */
  private long firesUpTo;

  private long closedUpTo;
  private long earliestSlice;
  private long firingEnd;
  private long emitted;
  private boolean resumed;
  private byte @Nullable [] firedAfter;

  SlidingAggregate(
      StageWindowAggregate plan, Slicing slicing, OperatorContext context, long runBytes) {
    this.slicing = slicing;
    this.domain = plan.domain();
    Type accumulator = plan.fold().accumulatorType();
    RowStore<Object> rows = context.rows("");
    this.layout = plan.sliceRows().orElseThrow();
    this.table = new SliceTable(rows, layout, slicing);
    this.firings = context.rows("progress");
    this.guard = context.guard();
    this.results = new WindowResults(plan, context);
    this.late = new LateOutput(plan.rules().late(), context);
    this.room = context.room();
    UnaryOperator<Object> copying = AccumulatorCopies.bySlices(accumulator, context.copying(""));
    this.folding = Folding.of(plan.fold(), copying, context);
    this.merging = new Merging(plan.fold().function(), copying);
    this.runBytes = runBytes;
    this.chunks =
        new SliceChunks(
            rows, table, merging, (int) Math.max(1_000, Math.min(runBytes / 256, 100_000)));
    this.prefetch = new RowPrefetch(rows);
    this.firesUpTo = context.firedUpTo(domain);
    this.closedUpTo = firesUpTo;
    FiringRow firing = (FiringRow) firings.row(FIRING_KEY).value();
    if (firing != null) {
      closedUpTo = firing.closedUpToMs();
      firingEnd = firing.windowEndMs();
      firedAfter = firing.midway() ? firing.after() : null;
    }
    this.earliestSlice = table.earliest();
    this.accumulatorsGrow = !Types.isShort(accumulator);
    this.runs = earliestSlice == SliceTable.NONE ? newRuns() : null;
  }

  private KeyRuns newRuns() {
    KeyRuns fresh = new KeyRuns(merging, layout, table, runBytes);
    measure(fresh);
    return fresh;
  }

  private void measure(KeyRuns known) {
    if (accumulatorsGrow) {
      known.measured(table.usualRowBytes());
    }
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    if (runs != null) {
      return; // The queues have all slices (I3), so no row has to be read.
    }
    long slice = slicing.sliceEnd(record.timeMs());
    if (slice != Slicing.GAP && slicing.lastWindowEnd(slice) > firesUpTo) {
      table.want(prefetch, slice, record);
    }
  }

  @Override
  public void onRecord(int input, KeyedRecord record) {
    if (record.isTooFarAhead()) {
      late.take(record, Late.Reason.TOO_FAR_AHEAD);
      return;
    }
    long slice = slicing.sliceEnd(record.timeMs());
    if (slicing.lastWindowEnd(slice) <= firesUpTo) {
      late.take(record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    KeyRuns known = runs;
    boolean folded =
        known == null
            ? table.fold(slice, record, folding, guard)
            : foldInMemory(known, slice, record);
    if (folded) {
      // Its windows end no earlier than its slice: for a record on time, this is one comparison.
      if (slice <= firesUpTo && slicing.firstWindowEnd(slice) <= firesUpTo) {
        late.notePartly(record);
      }
      earliestSlice = earliestSlice == SliceTable.NONE ? slice : Math.min(earliestSlice, slice);
    }
  }

  private boolean foldInMemory(KeyRuns known, long slice, KeyedRecord record) {
    byte[] bytes = record.bytes();
    int offset = record.keyOffset();
    int length = record.keyLength();
    KeyRun run = known.find(bytes, offset, length, record.keyHash());
    @Nullable Object before = run == null ? null : run.slice(slice);
    Object folded = folding.foldOnto(before, record, guard);
    if (folded == null) {
      return false;
    }
    if (run == null) {
      run = known.add(bytes, offset, length, record.keyHash());
    }
    int grownBytes = accumulatorsGrow ? folding.grownBytes(record, folded) : 0;
    if (!known.put(run, slice, folded, grownBytes)) {
      known.write();
      runs = null;
      scansUntilRuns = SCANS_BEFORE_RUNS;
    }
    return true;
  }

  @Override
  public void beforeCommit() {
    if (runs != null) {
      runs.write();
      measure(runs);
    }
  }

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    if (!fire(watermarkMs)) {
      return false;
    }
    closedUpTo = watermarkMs;
    return true;
  }

  private boolean fire(long watermarkMs) {
    while (earliestSlice != SliceTable.NONE) {
      // A window that is partly emitted comes first, even if an earlier one has records now.
      long end = firedAfter != null ? firingEnd : nextWindowEnd();
      if (end > watermarkMs) {
        break;
      }
      if (!fireWindow(end) || !dropSlices(end)) {
        return false;
      }
      if (end == Long.MAX_VALUE) {
        break;
      }
    }
    firedAfter = null;
    if (firings.row(FIRING_KEY).exists()) {
      firings.row(FIRING_KEY).delete();
    }
    return true;
  }

  /** Returns the end of the first window that has not fired and may have records. */
  private long nextWindowEnd() {
    return Math.max(slicing.firstWindowEnd(earliestSlice), slicing.nextWindowEnd(closedUpTo));
  }

  private boolean fireWindow(long end) {
    resumed = firedAfter != null;
    firingEnd = end;
    emitted = 0;
    boolean complete =
        loadRuns()
            ? fireFromRuns(slicing.windowStart(end), end)
            : fireFromRows(slicing.windowStart(end), end);
    if (complete) {
      closedUpTo = end;
      firedAfter = null;
    } else {
      noteFiring();
    }
    return complete;
  }

  private void noteFiring() {
    byte @Nullable [] after = firedAfter;
    firings
        .row(FIRING_KEY)
        .set(
            new FiringRow(
                closedUpTo, firingEnd, after != null, after == null ? new byte[0] : after));
  }

  /** Brings all slices into memory, unless that was found to be too much a short while ago. */
  private boolean loadRuns() {
    if (runs != null) {
      return true;
    }
    if (scansUntilRuns > 0) {
      scansUntilRuns--;
      return false;
    }
    KeyRuns loaded = newRuns();
    if (!table.load(loaded)) {
      scansUntilRuns = SCANS_BEFORE_RUNS;
      return false;
    }
    runs = loaded;
    return true;
  }

  private boolean fireFromRuns(long start, long end) {
    KeyRuns all = Objects.requireNonNull(runs);
    List<KeyRun> inOrder = all.inOrder();
    long nextStart = end == Long.MAX_VALUE ? end : slicing.windowStart(slicing.nextWindowEnd(end));
    for (int i = firstBehind(inOrder, firedAfter); i < inOrder.size(); i++) {
      KeyRun run = inOrder.get(i);
      Object accumulator = all.over(run, start, end, nextStart);
      if (accumulator != null) {
        emit(run.key, start, end, accumulator);
        if (!room.isLeft()) {
          firedAfter = run.key;
          return false;
        }
      }
    }
    return true;
  }

  private static int firstBehind(List<KeyRun> inOrder, byte @Nullable [] after) {
    if (after == null) {
      return 0;
    }
    int low = 0;
    int high = inOrder.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(inOrder.get(middle).key, after) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private boolean fireFromRows(long start, long end) {
    boolean last = false;
    while (!last) {
      SliceChunks.Chunk chunk = chunks.chunk(start, end, firedAfter);
      for (Map.Entry<byte[], Object> each : chunk.accumulators().entrySet()) {
        emit(each.getKey(), start, end, each.getValue());
        firedAfter = each.getKey();
        if (!room.isLeft()) {
          return false;
        }
      }
      last = chunk.last();
    }
    return true;
  }

  private void emit(byte[] keyBytes, long start, long end, Object accumulator) {
    emitted++;
    results.emit(results.key(keyBytes, 0, keyBytes.length), start, end, accumulator);
  }

  /**
   * Drops the slices that are in no window after the one that has fired, and sets {@code
   * earliestSlice}. Queues drop their slices while they fire, so the first slice of the next window
   * is known to be the earliest, except in two cases, in which the queues are searched: if nothing
   * was emitted, the next records may be much later; if the firing was resumed, keys that had fired
   * before the interruption may still have older slices.
   */
  private boolean dropSlices(long end) {
    if (runs != null) {
      earliestSlice =
          emitted > 0 && !resumed && end != Long.MAX_VALUE
              ? slicing.sliceEnd(slicing.windowStart(slicing.nextWindowEnd(end)))
              : runs.firstEnd();
      return true;
    }
    SliceTable.Left left = table.deleteRowsUpTo(earliestSlice, end, room);
    earliestSlice = left.earliest();
    if (!left.complete()) {
      noteFiring();
    }
    return left.complete();
  }
}
