package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.operator.TransactionRoom;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.FiringRow;
import dev.millrace.internal.window.Slicing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Windows that share slices: one accumulator per (slice, key) whatever the number of windows it
 * counts in, and one final result per window and key.
 *
 * <p>Row key: slice end, then the record's key. A window fires key by key in the order of keys,
 * from the {@linkplain KeyRuns queues in memory} as long as they fit, else from {@linkplain
 * SliceChunks scans}. Slices are deleted with the last window they count in. When a transaction
 * fills up in the middle, a row says where to go on, since nothing else would tell what has fired.
 *
 * <p>I1: every window that ends at or before {@code closedUpTo} has fired. I2: no row's slice ends
 * before {@code earliestSlice}.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SlidingAggregate implements KeyedOperator {

  private static final int ROWS_BETWEEN_LOOKS = 64;
  private static final byte[] FIRING_KEY = {0};

  /** After so many windows fired from scans it is tried whether the keys fit into memory again. */
  private static final int SCANS_BEFORE_RUNS = 16;

  private final Slicing slicing;
  private final TimeDomain domain;
  private final FoldFunction fold;
  private final RowStore<Object> rows;
  private final RowStore<Object> firings;
  private final Guard guard;
  private final WindowResults results;
  private final LateOutput late;
  private final TransactionRoom room;
  private final Merging merging;
  private final long runBytes;
  private final SliceChunks chunks;
  private final RowPrefetch prefetch;
  private final WindowKeys rowKey = new WindowKeys();

  private @Nullable KeyRuns runs;
  private int scansUntilRuns;
  private long firedUpTo;
  private long closedUpTo;
  private long earliestSlice;
  private long firingEnd;
  private long emitted;
  private byte @Nullable [] firedAfter;

  SlidingAggregate(
      StageOperator.WindowAggregate plan, Slicing slicing, OperatorContext context, long runBytes) {
    this.slicing = slicing;
    this.domain = plan.domain();
    this.fold = plan.fold().function();
    this.rows = context.rows("");
    this.firings = context.rows("firing");
    this.guard = context.guard();
    this.results = new WindowResults(plan, context);
    this.late = new LateOutput(plan.rules(), context);
    this.room = context.room();
    this.merging = new Merging(fold, context.copying(""));
    this.runBytes = runBytes;
    this.chunks =
        new SliceChunks(rows, merging, (int) Math.max(1_000, Math.min(runBytes / 256, 100_000)));
    this.prefetch = new RowPrefetch(rows);
    this.firedUpTo = context.firedUpTo(domain);
    this.closedUpTo = firedUpTo;
    FiringRow firing = (FiringRow) firings.row(FIRING_KEY).value();
    if (firing != null) {
      closedUpTo = firing.closedUpToMs();
      firingEnd = firing.windowEndMs();
      firedAfter = firing.midway() ? firing.after() : null;
    }
    byte @Nullable [] first = rows.firstKey(WindowKeys.first(Long.MIN_VALUE), null);
    this.earliestSlice = first == null ? Long.MAX_VALUE : WindowKeys.time(first);
    this.runs = first == null ? new KeyRuns(merging, runBytes, this::deleteSlice) : null;
  }

  @Override
  public RowPrefetch prefetch() {
    return prefetch;
  }

  @Override
  public void want(KeyedRecord record) {
    if (runs != null) {
      return; // What is not in memory is not there.
    }
    long slice = slicing.sliceEnd(record.timeMs());
    if (slice != Slicing.GAP && slicing.lastWindowEnd(slice) > firedUpTo) {
      rowKey.of(slice, record);
      prefetch.want(rowKey.array(), 0, rowKey.size(), rowKey.hash());
    }
  }

  @Override
  public void onRecord(KeyedRecord record) {
    if (record.isTooFarAhead()) {
      late.take(record, Late.Reason.TOO_FAR_AHEAD);
      return;
    }
    long slice = slicing.sliceEnd(record.timeMs());
    if (slicing.lastWindowEnd(slice) <= firedUpTo) {
      late.take(record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    rowKey.of(slice, record);
    KeyRuns known = runs;
    KeyRuns.@Nullable Run run =
        known == null
            ? null
            : known.find(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    Row<Object> row =
        known != null && (run == null || !run.has(slice))
            ? rows.absentRow(rowKey.array(), 0, rowKey.size(), rowKey.hash())
            : rows.row(rowKey.array(), 0, rowKey.size(), rowKey.hash());
    Object folded = Folding.foldInto(row, fold, record, guard);
    if (folded != null) {
      earliestSlice = Math.min(earliestSlice, slice);
      if (known != null) {
        noteSlice(known, run, record, slice, folded);
      }
    }
  }

  private void noteSlice(
      KeyRuns known, KeyRuns.@Nullable Run run, KeyedRecord record, long slice, Object folded) {
    KeyRuns.Run queue =
        run == null
            ? known.add(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash())
            : run;
    if (!known.put(queue, slice, folded)) {
      runs = null;
      scansUntilRuns = SCANS_BEFORE_RUNS;
    }
  }

  private void deleteSlice(byte[] key, long slice) {
    rowKey.of(slice, key, 0, key.length);
    rows.deleteExisting(rowKey.array(), 0, rowKey.size(), rowKey.hash());
  }

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firedUpTo) {
      return true;
    }
    if (!fire(watermarkMs)) {
      return false;
    }
    firedUpTo = watermarkMs;
    closedUpTo = watermarkMs;
    return true;
  }

  private boolean fire(long watermarkMs) {
    boolean due = true;
    while (due) {
      long end = nextWindowEnd();
      due = end <= watermarkMs && earliestSlice != Long.MAX_VALUE;
      if (due) {
        if (!fireWindow(end) || !dropSlices(end)) {
          return false;
        }
        due = end != Long.MAX_VALUE;
      }
    }
    if (firings.row(FIRING_KEY).exists()) {
      firings.row(FIRING_KEY).delete();
    }
    return true;
  }

  /** The end of the first window that has not fired and may have records. */
  private long nextWindowEnd() {
    if (earliestSlice == Long.MAX_VALUE) {
      return Long.MAX_VALUE;
    }
    long withRecords = slicing.firstWindowEnd(earliestSlice);
    if (closedUpTo < withRecords) {
      return withRecords;
    }
    return closedUpTo == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : slicing.firstWindowEnd(slicing.sliceEnd(closedUpTo));
  }

  private boolean fireWindow(long end) {
    if (firedAfter != null && firingEnd != end) {
      firedAfter = null;
    }
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
    KeyRuns loaded = new KeyRuns(merging, runBytes, this::deleteSlice);
    try (RowScan<Object> scan = rows.scan(WindowKeys.first(Long.MIN_VALUE), null)) {
      while (scan.next()) {
        byte[] key = scan.row().key();
        Object accumulator = scan.row().value();
        if (accumulator == null) {
          continue;
        }
        int length = key.length - WindowKeys.TIME_BYTES;
        int hash = Hashing.murmur2(key, WindowKeys.TIME_BYTES, length);
        KeyRuns.@Nullable Run run = loaded.find(key, WindowKeys.TIME_BYTES, length, hash);
        if (run == null) {
          run = loaded.add(key, WindowKeys.TIME_BYTES, length, hash);
        }
        if (!loaded.put(run, WindowKeys.time(key), accumulator)) {
          scansUntilRuns = SCANS_BEFORE_RUNS;
          return false;
        }
      }
    }
    runs = loaded;
    return true;
  }

  private boolean fireFromRuns(long start, long end) {
    KeyRuns all = Objects.requireNonNull(runs);
    List<KeyRuns.Run> inOrder = all.inOrder();
    long nextStart = slicing.windowStart(slicing.nextWindowEnd(end));
    int untilLook = ROWS_BETWEEN_LOOKS;
    for (int i = firstBehind(inOrder, firedAfter); i < inOrder.size(); i++) {
      KeyRuns.Run run = inOrder.get(i);
      Object accumulator = all.over(run, start, end, nextStart);
      if (accumulator != null) {
        emit(run.key, start, end, accumulator);
        if (--untilLook <= 0) {
          untilLook = ROWS_BETWEEN_LOOKS;
          if (!room.isLeft()) {
            firedAfter = run.key;
            return false;
          }
        }
      }
    }
    return true;
  }

  private static int firstBehind(List<KeyRuns.Run> inOrder, byte @Nullable [] after) {
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
      int untilLook = ROWS_BETWEEN_LOOKS;
      for (Map.Entry<byte[], Object> each : chunk.accumulators().entrySet()) {
        emit(each.getKey(), start, end, each.getValue());
        firedAfter = each.getKey();
        if (--untilLook <= 0) {
          untilLook = ROWS_BETWEEN_LOOKS;
          if (!room.isLeft()) {
            return false;
          }
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
   * Deletes the slices that count in no window behind the one that has fired. Queues have done so
   * themselves; but where nothing was emitted it is time to look where the next records are.
   */
  private boolean dropSlices(long end) {
    if (runs != null && emitted > 0) {
      earliestSlice = slicing.sliceEnd(slicing.windowStart(slicing.nextWindowEnd(end)));
      return true;
    }
    int untilLook = ROWS_BETWEEN_LOOKS;
    try (RowScan<Object> scan = rows.scan(WindowKeys.first(earliestSlice), null)) {
      while (scan.next()) {
        long slice = WindowKeys.time(scan.row().key());
        earliestSlice = slice;
        if (slicing.lastWindowEnd(slice) > end) {
          return true;
        }
        if (--untilLook <= 0) {
          untilLook = ROWS_BETWEEN_LOOKS;
          if (!room.isLeft()) {
            noteFiring();
            return false;
          }
        }
        scan.row().delete();
      }
    }
    earliestSlice = Long.MAX_VALUE;
    return true;
  }
}
