package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeKey;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.SliceRow;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.Slicing;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rows of slices, several in a row: by the end of the row, then by the record's key.
 *
 * <p>I1: no row is without slices. I2: a slice is in the row that {@link SliceRows} assigns it to.
 * Slices that are in no window any more stay until their row is deleted.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SliceTable implements KeyRun.Rows, SliceChunks.Layout {

  /** Stands for the end of the first slice where there is none. */
  static final long NONE = Long.MIN_VALUE;

  private final RowStore<Object> rows;
  private final SliceRows layout;
  private final Slicing slicing;
  private final TimeKey rowKey = new TimeKey();

  SliceTable(RowStore<Object> rows, SliceRows layout, Slicing slicing) {
    this.rows = rows;
    this.layout = layout;
    this.slicing = slicing;
  }

  // ------------------------------------------------------------------ one by one

  /** Asks for the row of a slice. */
  void want(RowPrefetch prefetch, long slice, KeyedRecord record) {
    TimeKey key = key(layout.rowEnd(slice), record);
    prefetch.want(key.array(), 0, key.size(), key.hash());
  }

  private TimeKey key(long rowEnd, KeyedRecord record) {
    return rowKey.of(rowEnd, record.bytes(), record.keyOffset(), record.keyLength());
  }

  /** Adds an entry to a slice; returns whether it was not dropped. */
  boolean fold(long slice, KeyedRecord record, Folding folding, Guard guard) {
    long rowEnd = layout.rowEnd(slice);
    TimeKey key = key(rowEnd, record);
    Row<Object> row = rows.row(key.array(), 0, key.size(), key.hash());
    SliceRow<Object> before = typed(row.value());
    List<SliceRow.Slice<Object>> slices =
        before == null ? new ArrayList<>() : new ArrayList<>(before.slices());
    int at = 0;
    while (at < slices.size() && slices.get(at).beforeRowEndMs() > rowEnd - slice) {
      at++;
    }
    boolean known = at < slices.size() && slices.get(at).beforeRowEndMs() == rowEnd - slice;
    @Nullable Object accumulator = known ? slices.get(at).accumulator() : null;
    Object folded = folding.foldOnto(accumulator, record, guard);
    if (folded == null) {
      return false;
    }
    if (known) {
      slices.remove(at);
    }
    slices.add(at, new SliceRow.Slice<>(rowEnd - slice, folded));
    row.set(new SliceRow<>(slices));
    folding.noteGrowth(row, record, folded);
    return true;
  }

  @Override
  public void write(
      KeyRun run, long rowEnd, SliceRow<Object> slices, boolean known, int grownBytes) {
    rowKey.of(rowEnd, run.key, 0, run.key.length);
    Row<Object> row;
    if (known) {
      row = rows.replaceExisting(rowKey.array(), 0, rowKey.size(), rowKey.hash(), slices);
    } else {
      row = rows.absentRow(rowKey.array(), 0, rowKey.size(), rowKey.hash());
      row.set(slices);
    }
    if (grownBytes > 0) {
      row.grew(grownBytes);
    }
  }

  @Override
  public void delete(KeyRun run, long rowEnd) {
    rowKey.of(rowEnd, run.key, 0, run.key.length);
    rows.deleteExisting(rowKey.array(), 0, rowKey.size(), rowKey.hash());
  }

  /** {@return the usual size of recent rows, at least that of an accumulator} */
  long usualRowBytes() {
    return rows.usualStoredBytes();
  }

  // ------------------------------------------------------------------ all of them

  /** {@return a slice end that no slice ends before, or {@link #NONE} if there is no slice} */
  long earliest() {
    byte @Nullable [] first = rows.firstKey(OrderedTime.first(Long.MIN_VALUE), null);
    return first == null ? NONE : firstSlice(OrderedTime.time(first));
  }

  private long firstSlice(long rowEnd) {
    return slicing.sliceEnd(layout.rowStart(rowEnd));
  }

  /** Adds all slices to the queues; returns false if there is no room for them. */
  boolean load(KeyRuns runs) {
    try (RowScan<Object> scan = rows.scan(OrderedTime.first(Long.MIN_VALUE), null)) {
      while (scan.next()) {
        byte[] key = scan.row().key();
        SliceRow<Object> row = typed(scan.row().value());
        if (row == null) {
          continue;
        }
        int length = key.length - OrderedTime.BYTES;
        int hash = Hashing.murmur2(key, OrderedTime.BYTES, length);
        KeyRun run = runs.find(key, OrderedTime.BYTES, length, hash);
        if (run == null) {
          run = runs.add(key, OrderedTime.BYTES, length, hash);
        }
        if (!runs.load(run, OrderedTime.time(key), row)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * The slices that are left after a deletion.
   *
   * @param earliest as {@link #earliest()}; if the deletion is not complete, that may be a slice
   *     which is in no later window
   * @param complete whether the transaction had room for all of it
   */
  record Left(long earliest, boolean complete) {}

  /**
   * Deletes the rows whose slices are all in no window after the given one.
   *
   * @param fromSlice an end that no slice ends before
   * @param windowEnd the end of that window
   */
  Left deleteRowsUpTo(long fromSlice, long windowEnd, TransactionRoom room) {
    try (RowScan<Object> scan = rows.scan(OrderedTime.first(fromSlice), null)) {
      while (scan.next()) {
        long rowEnd = OrderedTime.time(scan.row().key());
        boolean complete = slicing.lastWindowEnd(rowEnd) > windowEnd;
        if (complete || !room.isLeft()) {
          return new Left(firstSlice(rowEnd), complete);
        }
        scan.row().delete();
      }
    }
    return new Left(NONE, true);
  }

  // ------------------------------------------------------------------ windows

  @Override
  public long rowEnd(long sliceEnd) {
    return layout.rowEnd(sliceEnd);
  }

  @Override
  public void read(Row<Object> row, long rowEnd, long startMs, long endMs, Consumer<Object> to) {
    SliceRow<Object> slices = typed(row.value());
    if (slices == null) {
      return;
    }
    for (SliceRow.Slice<Object> slice : slices.slices()) {
      long end = rowEnd - slice.beforeRowEndMs();
      if (end > startMs && end <= endMs) {
        to.accept(slice.accumulator());
      }
    }
  }

  @SuppressWarnings("unchecked") // the store's type is that of the plan
  private static @Nullable SliceRow<Object> typed(@Nullable Object value) {
    return (SliceRow<Object>) value;
  }
}
