package dev.millrace.internal.timer;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a {@link TimeIndex} that are due, one after the other.
 *
 * <pre>
 *   try (DueRows&lt;V&gt; due = index.due(watermarkMs)) {
 *     while (due.next()) {
 *       V value = due.take();
 *       ...
 *     }
 *     return due.isComplete();
 *   }
 * </pre>
 *
 * <p><b>Contract.</b> Each row is to be taken or removed before the next. An owner that stops at a
 * row leaves it: the next firing begins with it. If the transaction is full, {@code next} is false
 * and the firing is not complete; the owner returns, and begins another after the commit.
 *
 * <p>A cursor rather than a callback, so that an owner of many rows has the loop in machine code of
 * its own, and can stop at a row. If rows are only marks, what they stand for costs a look-up or a
 * call of the user's function, beside which a callback is nothing: {@link TimeIndex#fire} is the
 * loop of all those owners.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class DueRows<V> implements AutoCloseable {

  private static final byte[] NONE = {};

  private final TimeIndex<V> index;
  private final long upToMs;
  private final int keyAt;
  private @Nullable RowScan<V> scan;

  /** The present row, until it is removed. */
  private @Nullable Row<V> row;

  private long timeMs;
  private byte[] bytes = NONE;
  private boolean complete;

  DueRows(TimeIndex<V> index, long upToMs, int keyAt) {
    this.index = index;
    this.upToMs = upToMs;
    this.keyAt = keyAt;
    if (index.isDue(upToMs)) {
      scan = index.scan();
    } else {
      complete = true;
    }
  }

  /**
   * {@return whether there is a row that is due and that the transaction has room for, which is
   * then the present one}
   */
  public boolean next() {
    if (row != null) {
      throw new IllegalStateException("Cannot go on with a firing: a row was not removed");
    }
    RowScan<V> open = scan;
    if (open == null) {
      return false;
    }
    boolean more = open.next();
    long foundMs = more ? index.timeOf(open.row()) : Long.MAX_VALUE;
    if (index.hasAdded(Math.min(foundMs, upToMs))) {
      // The scan may have missed it.
      open.close();
      open = index.scan();
      scan = open;
      more = open.next();
      foundMs = more ? index.timeOf(open.row()) : Long.MAX_VALUE;
    }
    if (!more || foundMs > upToMs) {
      end();
      index.completed(foundMs);
      complete = true;
      return false;
    }
    index.reached(foundMs);
    if (!index.roomIsLeft()) {
      close();
      return false;
    }
    Row<V> found = open.row();
    row = found;
    timeMs = foundMs;
    bytes = found.fullKey();
    return true;
  }

  /**
   * Goes to the next row, unless that is due later than at a time: for an owner that has something
   * to do between the times of two rows. The row stays the next one then, unless it is removed or
   * another is set before it.
   *
   * @return whether there is a row up to that time that the transaction has room for, which is then
   *     the present one; if not, {@link #mayGoOn} shows why
   */
  public boolean nextUpTo(long atMs) {
    if (row != null && (!row.exists() || index.hasAdded(Math.min(timeMs, atMs)))) {
      row = null;
    }
    return (row != null || next()) && timeMs <= atMs;
  }

  /** {@return whether there may be a row at a later time, or all are done: the room is not over} */
  public boolean mayGoOn() {
    return row != null || complete;
  }

  /** {@return the latest time that is due} */
  public long upToMs() {
    return upToMs;
  }

  /** {@return the time of the present row} */
  public long timeMs() {
    return timeMs;
  }

  /** {@return an array that ends with the key of the present row's entry; not to be changed} */
  public byte[] bytes() {
    return bytes;
  }

  /** {@return where in {@link #bytes()} the key starts} */
  public int keyOffset() {
    return keyAt;
  }

  /** {@return how many bytes the key has} */
  public int keyLength() {
    return bytes.length - keyAt;
  }

  /** {@return a copy of the key of the present row's entry} */
  public byte[] key() {
    return Arrays.copyOfRange(bytes, keyAt, bytes.length);
  }

  /** Removes the present row, and returns its value. */
  public V take() {
    V value = Objects.requireNonNull(present().value(), "a row that exists has a value");
    remove();
    return value;
  }

  /** Removes the present row; its time and key can still be read. */
  public void remove() {
    present().delete();
    row = null;
    index.removed(timeMs, bytes);
  }

  private Row<V> present() {
    Row<V> present = row;
    if (present == null) {
      throw new IllegalStateException("Cannot remove a row: there is none, or it is removed");
    }
    return present;
  }

  /** {@return whether nothing is due any more} */
  public boolean isComplete() {
    return complete;
  }

  @Override
  public void close() {
    if (scan != null) {
      end();
      index.interrupted();
    }
  }

  private void end() {
    RowScan<V> open = scan;
    if (open != null) {
      open.close();
    }
    scan = null;
  }
}
