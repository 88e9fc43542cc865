package dev.millrace.internal.operator.window;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.OrderedTime;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The assembly of windows from their slices, one range of keys at a time, so that any number of
 * keys fits into little memory.
 *
 * <p>Rows are ordered by their ends and then by key, hence each range takes one scan per end. A
 * range that grows too large is cut in the middle, and the rest is left for the next.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SliceChunks {

  /** The layout of slices in rows that are named by an end and a key. */
  interface Layout {

    /** Rows of one slice each, which have only its accumulator. */
    Layout SINGLE =
        new Layout() {
          @Override
          public long rowEnd(long sliceEnd) {
            return sliceEnd;
          }

          @Override
          public void read(
              Row<Object> row, long rowEnd, long startMs, long endMs, Consumer<Object> to) {
            Object accumulator = row.value();
            if (accumulator != null) {
              to.accept(accumulator);
            }
          }
        };

    /** {@return the end of the row that has a slice} */
    long rowEnd(long sliceEnd);

    /** Passes on the accumulators of a row's slices in {@code (startMs, endMs]}, in order. */
    void read(Row<Object> row, long rowEnd, long startMs, long endMs, Consumer<Object> to);
  }

  /** The accumulators of a range of keys; {@code last} if no key follows. */
  record Chunk(NavigableMap<byte[], Object> accumulators, boolean last) {}

  private final RowStore<Object> rows;
  private final Merging merging;
  private final int maxKeys;
  private final Layout layout;

  SliceChunks(RowStore<Object> rows, Layout layout, Merging merging, int maxKeys) {
    this.rows = rows;
    this.layout = layout;
    this.merging = merging;
    this.maxKeys = maxKeys;
  }

  /**
   * {@return the accumulators of a window, beginning after a key}
   *
   * @param after the key, or null to begin with the first
   */
  Chunk chunk(long windowStartMs, long windowEndMs, byte @Nullable [] after) {
    NavigableMap<byte[], Object> found = new TreeMap<>(Arrays::compareUnsigned);
    byte @Nullable [] bound = null;
    byte @Nullable [] behindWindow = OrderedTime.after(layout.rowEnd(windowEndMs));
    byte @Nullable [] from = OrderedTime.after(windowStartMs);
    while (from != null) {
      byte @Nullable [] first = rows.firstKey(from, behindWindow);
      if (first == null) {
        break;
      }
      long rowEnd = OrderedTime.time(first);
      bound = addRows(rowEnd, windowStartMs, windowEndMs, after, bound, found);
      from = OrderedTime.after(rowEnd);
    }
    return new Chunk(found, bound == null);
  }

  /** Adds the rows with one end; returns the key from which on there is no room, or null. */
  private byte @Nullable [] addRows(
      long rowEnd,
      long startMs,
      long endMs,
      byte @Nullable [] after,
      byte @Nullable [] boundBefore,
      NavigableMap<byte[], Object> found) {
    byte[] from =
        after == null
            ? OrderedTime.first(rowEnd)
            : OrderedTime.join(rowEnd, Arrays.copyOf(after, after.length + 1));
    byte @Nullable [] bound = boundBefore;
    byte @Nullable [] to =
        bound == null ? OrderedTime.after(rowEnd) : OrderedTime.join(rowEnd, bound);
    try (RowScan<Object> scan = rows.scan(from, to)) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        byte[] key = OrderedTime.key(row.key());
        if (bound != null && Arrays.compareUnsigned(key, bound) >= 0) {
          break;
        }
        layout.read(row, rowEnd, startMs, endMs, accumulator -> add(key, accumulator, found));
        if (found.size() > maxKeys) {
          bound = cut(found);
        }
      }
    }
    return bound;
  }

  private void add(byte[] key, Object accumulator, NavigableMap<byte[], Object> found) {
    Object known = found.get(key);
    found.put(
        key, known == null ? merging.copy(accumulator) : merging.mergeInto(known, accumulator));
  }

  /** Drops the upper half of the keys and returns the smallest that was dropped. */
  private static byte[] cut(NavigableMap<byte[], Object> found) {
    int keep = found.size() / 2;
    byte[] bound = found.lastKey();
    for (Map.Entry<byte[], Object> entry : found.entrySet()) {
      if (keep-- == 0) {
        bound = entry.getKey();
        break;
      }
    }
    found.tailMap(bound, true).clear();
    return bound;
  }
}
