package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.timer.TimeKey;
import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.FiringRow;
import dev.millrace.internal.window.Slicing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Windows made of slices whose results can be revised: early results, updates with every commit,
 * and corrections by records that arrive within the allowed lateness.
 *
 * <p>Besides the slices it keeps the result it has emitted last, per (window end, key), to retract
 * it when the result changes, and to emit nothing twice: a firing that is repeated after a crash
 * finds its results already emitted. Both are kept until the watermark has passed the window's end
 * by the allowed lateness.
 *
 * <p>The set of windows that have changed since they were last emitted is in memory only; after a
 * restart every open window counts as changed once.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class RevisedAggregate implements KeyedOperator {

  private static final int KEYS_IN_MEMORY = 10_000;
  private static final byte[] FIRING_KEY = {0};
  private static final FiringRow NO_FIRING = new FiringRow(0, 0, false, new byte[0]);

  private final Slicing slicing;
  private final TimeDomain domain;
  private final Folding folding;
  private final RowStore<Object> rows;
  private final TimeIndex<Object> slices;
  private final RowStore<Object> said;
  private final TimeIndex<Object> saidByEnd;
  private final RowStore<Object> firings;
  private final Guard guard;
  private final WindowResults results;
  private final LateOutput late;
  private final TransactionRoom room;
  private final Merging merging;
  private final UnaryOperator<Object> copyingResults;
  private final SliceChunks chunks;
  private final EmissionKind emission;
  private final WindowExpiry expiry;
  private final RowPrefetch prefetch;
  private final TimeKey rowKey = new TimeKey();

  /** (window end, key) of results that go with the next commit. */
  private final NavigableSet<byte[]> changed = new TreeSet<>(Arrays::compareUnsigned);

  /** Of open windows, by (window end, key). */
  private final EarlyResults early;

  /**
   * The time up to which this operator has fired, or is firing: results of windows up to here go
   * with the next commit when a record changes them, whether or not their turn has come, and what
   * has expired by then may be gone.
   */
  private long firesUpTo;

  private long closedUpTo;
  private byte @Nullable [] firedAfter;
  private long firingEnd;

  /** No window that has to close ends before this. */
  private long nextDue = Long.MIN_VALUE;

  RevisedAggregate(StageWindowAggregate plan, Slicing slicing, OperatorContext context) {
    this.slicing = slicing;
    this.domain = plan.domain();
    this.folding = Folding.of(plan.fold(), context.copying(""), context);
    this.rows = context.rows("");
    this.said = context.rows("emitted");
    this.copyingResults = context.copying("emitted");
    this.firings = context.rows("progress");
    this.guard = context.guard();
    this.results = new WindowResults(plan, context);
    this.late = new LateOutput(plan.rules().late(), context);
    this.room = context.room();
    this.merging = new Merging(plan.fold().function(), context.copying(""));
    this.chunks = new SliceChunks(rows, SliceChunks.Layout.SINGLE, merging, KEYS_IN_MEMORY);
    this.emission = plan.rules().emission();
    this.early = new EarlyResults(emission, room);
    this.prefetch = new RowPrefetch(rows);
    this.firesUpTo = context.firedUpTo(domain);
    long latenessMs = plan.rules().latenessMs();
    this.expiry = new WindowExpiry(firings, NO_FIRING, latenessMs, latenessMs, firesUpTo);
    this.closedUpTo = firesUpTo;
    FiringRow firing = (FiringRow) firings.row(FIRING_KEY).value();
    if (firing != null) {
      closedUpTo = firing.closedUpToMs();
    }
    this.slices = TimeIndex.of(rows, room);
    this.saidByEnd = TimeIndex.of(said, room);
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    long slice = slicing.sliceEnd(record.timeMs());
    if (slice != Slicing.GAP && !expiry.isExpired(slicing.lastWindowEnd(slice), firesUpTo)) {
      TimeKey key = key(slice, record);
      prefetch.want(key.array(), 0, key.size(), key.hash());
    }
  }

  private TimeKey key(long timeMs, KeyedRecord record) {
    return rowKey.of(timeMs, record.bytes(), record.keyOffset(), record.keyLength());
  }

  @Override
  public void onRecord(int input, KeyedRecord record) {
    if (record.isTooFarAhead()) {
      late.take(record, Late.Reason.TOO_FAR_AHEAD);
      return;
    }
    long slice = slicing.sliceEnd(record.timeMs());
    if (slice == Slicing.GAP) {
      late.takeFromGap(record);
      return;
    }
    if (expiry.isExpired(slicing.lastWindowEnd(slice), firesUpTo)) {
      late.take(record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    Row<Object> row = slices.row(slice, record.bytes(), record.keyOffset(), record.keyLength());
    if (folding.foldInto(row, record, guard) != null) {
      if (slice <= firesUpTo && expiry.isExpired(slicing.firstWindowEnd(slice), firesUpTo)) {
        late.notePartly(record);
      }
      slices.added(slice, row);
      if (slicing.lastWindowEnd(slice) > closedUpTo) {
        nextDue = Math.min(nextDue, Math.max(slicing.firstWindowEnd(slice), closedUpTo));
      }
      noteChange(slice, record);
    }
  }

  private void noteChange(long slice, KeyedRecord record) {
    long last = slicing.lastWindowEnd(slice);
    long end = slicing.firstWindowEnd(slice);
    while (true) {
      if (!expiry.isExpired(end, firesUpTo)) {
        if (end <= firesUpTo || emission instanceof EmissionKind.OnUpdate) {
          changed.add(key(end, record).copy());
        } else if (early.areWanted()) {
          early.note(key(end, record).copy());
        }
      }
      if (end >= last) {
        return;
      }
      end = slicing.nextWindowEnd(end);
    }
  }

  // ------------------------------------------------------------------ saying

  @Override
  public boolean holdsResults() {
    return !changed.isEmpty();
  }

  @Override
  public void beforeCommit() {
    for (byte[] windowAndKey : changed) {
      say(windowAndKey);
    }
    changed.clear();
  }

  @Override
  public boolean looksAtClock() {
    return early.areWanted();
  }

  @Override
  public ClockOutcome onClock(long wallMs) {
    return early.onClock(wallMs, this::noteEverything, this::sayIfOpen);
  }

  private void sayIfOpen(byte[] windowAndKey) {
    if (OrderedTime.time(windowAndKey) > firesUpTo) {
      say(windowAndKey);
    }
  }

  private void noteEverything() {
    try (RowScan<Object> scan = rows.scan(OrderedTime.first(Long.MIN_VALUE), null)) {
      while (scan.next()) {
        byte[] key = scan.row().key();
        long slice = OrderedTime.time(key);
        long last = slicing.lastWindowEnd(slice);
        long end = slicing.firstWindowEnd(slice);
        while (true) {
          if (end > firesUpTo) {
            early.note(OrderedTime.join(end, OrderedTime.key(key)));
          }
          if (end >= last) {
            break;
          }
          end = slicing.nextWindowEnd(end);
        }
      }
    }
  }

  private void say(byte[] windowAndKey) {
    long end = OrderedTime.time(windowAndKey);
    byte[] key = OrderedTime.key(windowAndKey);
    Object accumulator = over(slicing.windowStart(end), end, key);
    if (accumulator != null) {
      say(end, key, windowAndKey, accumulator);
    }
  }

  private void say(long end, byte[] keyBytes, byte[] windowAndKey, Object accumulator) {
    Object key = results.key(keyBytes, 0, keyBytes.length);
    Object after = results.finish(key, slicing.windowStart(end), end, accumulator);
    if (after == null) {
      return; // What was emitted before stays, and may be revised later.
    }
    Row<Object> row = said.row(windowAndKey);
    Object before = row.value();
    if (!after.equals(before)) {
      Object kept = copyingResults.apply(after); // Later steps may change `after`.
      results.revise(key, slicing.windowStart(end), end, before, after);
      row.set(kept);
      saidByEnd.added(end, row);
    }
  }

  /** Merges the accumulator of one key over a window, slice by slice. */
  private @Nullable Object over(long windowStart, long windowEnd, byte[] key) {
    if (!slicing.overlaps()) {
      Object accumulator = rows.row(OrderedTime.join(windowEnd, key)).value();
      // It may become the emitted result, which must not change with the next record.
      return accumulator == null ? null : merging.copy(accumulator);
    }
    @Nullable Object all = null;
    long slice = slicing.sliceEnd(windowStart);
    while (slice <= windowEnd) {
      Object accumulator = rows.row(OrderedTime.join(slice, key)).value();
      if (accumulator != null) {
        all = all == null ? merging.copy(accumulator) : merging.mergeInto(all, accumulator);
      }
      if (slice == Long.MAX_VALUE) {
        break;
      }
      slice = slicing.sliceEnd(slice);
    }
    return all;
  }

  // ------------------------------------------------------------------ time

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    expiry.settle(watermarkMs);
    if (watermarkMs >= nextDue && !fire(watermarkMs)) {
      return false;
    }
    closedUpTo = Math.max(closedUpTo, watermarkMs);
    if (firings.row(FIRING_KEY).exists()) {
      firings.row(FIRING_KEY).delete();
    }
    sayBeforeExpiry(watermarkMs);
    return expire(watermarkMs);
  }

  /** Emits the corrections that cannot wait for the commit, because their windows expire now. */
  private void sayBeforeExpiry(long watermarkMs) {
    while (!changed.isEmpty() && expiry.isExpired(OrderedTime.time(changed.first()), watermarkMs)) {
      byte[] windowAndKey = changed.first();
      changed.remove(windowAndKey);
      say(windowAndKey);
    }
  }

  private boolean fire(long watermarkMs) {
    // The index cannot distinguish a slice that ends with time from none.
    while (slices.earliestMs() != Long.MAX_VALUE || watermarkMs == Long.MAX_VALUE) {
      long end = nextWindowEnd();
      nextDue = end;
      if (end > watermarkMs) {
        return true;
      }
      if (!close(end)) {
        firings.row(FIRING_KEY).set(new FiringRow(closedUpTo, end, false, new byte[0]));
        return false;
      }
      closedUpTo = end;
      if (end == Long.MAX_VALUE) {
        return true;
      }
    }
    nextDue = Long.MAX_VALUE;
    return true;
  }

  /** Returns the end of the first window that has not closed and has records. */
  private long nextWindowEnd() {
    if (closedUpTo == Long.MIN_VALUE) {
      return slicing.firstWindowEnd(slices.earliestMs());
    }
    long end = slicing.nextWindowEnd(closedUpTo);
    // Slices that end up to its start are kept for corrections of closed windows only.
    long first = Saturating.add(slicing.windowStart(end), 1);
    byte @Nullable [] row = rows.firstKey(OrderedTime.first(first), null);
    return row == null
        ? Long.MAX_VALUE
        : Math.max(end, slicing.firstWindowEnd(OrderedTime.time(row)));
  }

  /** Emits the last result of a window, which is also the first if there were no early ones. */
  private boolean close(long end) {
    if (firingEnd != end) {
      firingEnd = end;
      firedAfter = null;
    }
    long start = slicing.windowStart(end);
    boolean last = false;
    while (!last) {
      SliceChunks.Chunk chunk = chunks.chunk(start, end, firedAfter);
      for (Map.Entry<byte[], Object> each : chunk.accumulators().entrySet()) {
        say(end, each.getKey(), OrderedTime.join(end, each.getKey()), each.getValue());
        firedAfter = each.getKey();
        if (!room.isLeft()) {
          return false;
        }
      }
      last = chunk.last();
    }
    firedAfter = null;
    return true;
  }

  /** Drops slices and results that no record within the lateness can change any more. */
  private boolean expire(long watermarkMs) {
    return expire(slices, slicing::lastWindowEnd, watermarkMs)
        && expire(saidByEnd, end -> end, watermarkMs);
  }

  private boolean expire(
      TimeIndex<Object> index, LongUnaryOperator lastWindowEnd, long watermarkMs) {
    if (!expiry.isExpired(lastWindowEnd.applyAsLong(index.earliestMs()), watermarkMs)) {
      return true;
    }
    // Windows end no earlier than their slices, so what has not come to pass is not looked at.
    try (DueRows<Object> due = index.due(watermarkMs)) {
      while (due.next()) {
        if (!expiry.isExpired(lastWindowEnd.applyAsLong(due.timeMs()), watermarkMs)) {
          return true;
        }
        due.remove();
      }
      return due.isComplete();
    }
  }
}
