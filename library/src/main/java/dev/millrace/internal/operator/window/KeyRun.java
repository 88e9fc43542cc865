package dev.millrace.internal.operator.window;

import dev.millrace.internal.window.SliceRow;
import dev.millrace.internal.window.SliceRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The slices of one key in memory: a queue that knows the aggregate over all of them, and which of
 * them are in rows.
 *
 * <p>The queue is made of two stacks: the front one keeps, for each slice, the aggregate from that
 * slice to the bottom of the stack; the back one keeps only the aggregate over all its slices. A
 * slice enters at the back and leaves at the front; when the front is empty, the back becomes the
 * front. So a window costs two merges, however many slices it has (Two-Stacks in Hirzel, Schneider,
 * Tangwongsan: "Sliding-Window Aggregation Algorithms: Tutorial", DEBS 2017).
 *
 * <p>I1: {@code head <= front <= back <= tail}. I2: {@code suffixes[i]} is the aggregate over
 * slices {@code i} to {@code front}, for i from head to front. I3: {@code backAll} is the aggregate
 * over slices front to back. Slices after back have not been part of a window yet. I4: slices that
 * are not WRITTEN end within {@code changedFrom} to {@code changedTo}.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class KeyRun {

  /** The rows of all keys. */
  interface Rows {

    /**
     * Writes a row.
     *
     * @param known whether there is such a row already
     * @param grownBytes about how much more memory its accumulators take than when they were
     *     written last, as far as that is not counted with another row
     */
    void write(KeyRun run, long rowEnd, SliceRow<Object> slices, boolean known, int grownBytes);

    /** Deletes a row that exists. */
    void delete(KeyRun run, long rowEnd);
  }

  private static final long NO_ROW = Long.MIN_VALUE;

  /** A slice that no row has. */
  private static final byte NEW = 0;

  /** A slice whose row has an older version of it. */
  private static final byte CHANGED = 1;

  /** A slice whose row has its present version. */
  private static final byte WRITTEN = 2;

  final byte[] key;
  final int hash;

  private long[] ends = new long[4];
  private @Nullable Object[] slices = new Object[4];
  private byte[] states = new byte[4];
  private @Nullable Object[] suffixes = new Object[0];
  private int head;
  private int front;
  private int back;
  private int tail;
  private @Nullable Object backAll;

  private long changedFrom = Long.MAX_VALUE;
  private long changedTo = Long.MIN_VALUE;

  /** About how much memory the accumulators have grown by since they were written last. */
  private int grownBytes;

  /** A row that exists and has slices that have left the queue. */
  private long leftRow = NO_ROW;

  KeyRun(byte[] key, int hash) {
    this.key = key;
    this.hash = hash;
  }

  boolean isEmpty() {
    return head == tail;
  }

  int size() {
    return tail - head;
  }

  /** {@return the end of the first slice of a queue that is not empty} */
  long firstEnd() {
    return ends[head];
  }

  boolean isChanged() {
    return changedFrom <= changedTo;
  }

  /** {@return the accumulator of a slice, or null if there is none} */
  @Nullable Object slice(long sliceEnd) {
    int behind = behind(sliceEnd);
    return isAt(behind - 1, sliceEnd) ? slices[behind - 1] : null;
  }

  private boolean isAt(int at, long sliceEnd) {
    return at >= head && ends[at] == sliceEnd;
  }

  /** Returns where the slices after an end begin. Most records are of one of the last slices. */
  private int behind(long sliceEnd) {
    int at = tail;
    while (at > head && ends[at - 1] > sliceEnd) {
      at--;
    }
    return at;
  }

  /** Sets a slice to a version that its row does not have; returns whether the slice is new. */
  boolean put(long sliceEnd, Object accumulator) {
    changedFrom = Math.min(changedFrom, sliceEnd);
    changedTo = Math.max(changedTo, sliceEnd);
    int at = behind(sliceEnd);
    if (isAt(at - 1, sliceEnd)) {
      slices[at - 1] = accumulator;
      states[at - 1] = states[at - 1] == NEW ? NEW : CHANGED;
      if (at - 1 < back) {
        forgetAggregates();
      }
      return false;
    }
    insert(at, sliceEnd, accumulator, NEW);
    return true;
  }

  /** Notes about how much more memory an accumulator takes. */
  void grow(int bytes) {
    grownBytes = (int) Math.min((long) grownBytes + bytes, Integer.MAX_VALUE);
  }

  /** Adds a slice that its row has. */
  void load(long sliceEnd, Object accumulator) {
    int at = behind(sliceEnd);
    if (isAt(at - 1, sliceEnd)) {
      throw new IllegalStateException("Two rows of a key have the slice that ends at " + sliceEnd);
    }
    insert(at, sliceEnd, accumulator, WRITTEN);
  }

  private void insert(int place, long sliceEnd, Object accumulator, byte state) {
    if (place < back) {
      forgetAggregates();
    }
    int at = place - makeRoom();
    System.arraycopy(ends, at, ends, at + 1, tail - at);
    System.arraycopy(slices, at, slices, at + 1, tail - at);
    System.arraycopy(states, at, states, at + 1, tail - at);
    ends[at] = sliceEnd;
    slices[at] = accumulator;
    states[at] = state;
    tail++;
  }

  /** Makes room for one slice; returns by how much the slices have moved to the beginning. */
  private int makeRoom() {
    if (tail < ends.length) {
      return 0;
    }
    if (head <= ends.length / 2) {
      ends = Arrays.copyOf(ends, ends.length * 2);
      slices = Arrays.copyOf(slices, slices.length * 2);
      states = Arrays.copyOf(states, states.length * 2);
      return 0;
    }
    int by = head;
    System.arraycopy(ends, head, ends, 0, tail - head);
    System.arraycopy(states, head, states, 0, tail - head);
    System.arraycopy(slices, head, slices, 0, tail - head);
    Arrays.fill(slices, tail - head, tail, null);
    if (front > head) {
      System.arraycopy(suffixes, head, suffixes, 0, front - head);
    }
    tail -= by;
    back -= by;
    front -= by;
    head = 0;
    return by;
  }

  private void forgetAggregates() {
    front = head;
    back = head;
    backAll = null;
  }

  // ------------------------------------------------------------------ windows

  /**
   * {@return the aggregate over all slices up to an end, or null if there are none; the caller may
   * keep it, and change it}
   */
  @Nullable Object upTo(long windowEnd, Merging merging) {
    while (back < tail && ends[back] <= windowEnd) {
      Object slice = sliceAt(back);
      Object all = backAll;
      backAll = all == null ? merging.copy(slice) : merging.mergeInto(all, slice);
      back++;
    }
    if (head == back) {
      return null;
    }
    Object behind = backAll;
    if (head == front) {
      return merging.copy(Objects.requireNonNull(behind));
    }
    Object ahead = Objects.requireNonNull(suffixes[head]);
    return behind == null ? merging.copy(ahead) : merging.merge(ahead, behind);
  }

  /** Drops the slices up to a start, and rows that have no others; returns how many slices. */
  int drop(long start, Merging merging, SliceRows layout, Rows rows) {
    int before = head;
    while (head < tail && ends[head] <= start) {
      if (head >= back) {
        // The slice was in no window yet: the next window starts after it.
        back = head + 1;
        front = back;
        backAll = null;
      } else if (head == front) {
        if (ends[back - 1] <= start) {
          front = back;
          backAll = null;
        } else {
          flip(merging);
        }
      }
      if (states[head] != NEW) {
        long row = layout.rowEnd(ends[head]);
        if (leftRow != row) {
          deleteLeftRow(rows);
          leftRow = row;
        }
      }
      slices[head] = null;
      if (head < suffixes.length) {
        suffixes[head] = null;
      }
      head++;
    }
    if (leftRow != NO_ROW && (head == tail || layout.rowEnd(ends[head]) != leftRow)) {
      deleteLeftRow(rows);
    }
    return head - before;
  }

  private void deleteLeftRow(Rows rows) {
    if (leftRow != NO_ROW) {
      rows.delete(this, leftRow);
      leftRow = NO_ROW;
    }
  }

  private void flip(Merging merging) {
    if (suffixes.length < slices.length) {
      suffixes = Arrays.copyOf(suffixes, slices.length);
    }
    @Nullable Object suffix = null;
    for (int i = back - 1; i >= head; i--) {
      suffix = suffix == null ? sliceAt(i) : merging.merge(sliceAt(i), suffix);
      suffixes[i] = suffix;
    }
    front = back;
    backAll = null;
  }

  private Object sliceAt(int at) {
    return Objects.requireNonNull(slices[at]);
  }

  // ------------------------------------------------------------------ rows

  /** Writes the rows of all slices that have changed. */
  void write(Merging merging, SliceRows layout, Rows rows) {
    long first = layout.rowEnd(changedFrom);
    long last = layout.rowEnd(changedTo);
    int at = head;
    while (at < tail) {
      long row = layout.rowEnd(ends[at]);
      if (row > last) {
        break;
      }
      int behind = at + 1;
      boolean known = row == leftRow || states[at] != NEW;
      boolean current = states[at] == WRITTEN;
      while (behind < tail && ends[behind] <= row) {
        known |= states[behind] != NEW;
        current &= states[behind] == WRITTEN;
        behind++;
      }
      if (row >= first && !current) {
        // Which of the rows has grown does not matter: it is their sum that fills a transaction.
        rows.write(this, row, row(at, behind, row, merging), known, grownBytes);
        grownBytes = 0;
      }
      at = behind;
    }
    grownBytes = 0;
    changedFrom = Long.MAX_VALUE;
    changedTo = Long.MIN_VALUE;
  }

  private SliceRow<Object> row(int from, int to, long rowEnd, Merging merging) {
    List<SliceRow.Slice<Object>> neighbours = new ArrayList<>(to - from);
    for (int i = from; i < to; i++) {
      states[i] = WRITTEN;
      // The row needs an object of its own: this accumulator goes on changing.
      neighbours.add(new SliceRow.Slice<>(rowEnd - ends[i], merging.copy(sliceAt(i))));
    }
    return new SliceRow<>(neighbours);
  }
}
