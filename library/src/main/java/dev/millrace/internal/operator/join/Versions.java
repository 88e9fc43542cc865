package dev.millrace.internal.operator.join;

import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.VersionsHead;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The versions of a table's rows: what the row of a key was from a time on, as rows of (key, time),
 * so that those of a key are one range in the order of time. The form of their keys is that of a
 * {@link Buffer}, without an arrival: of two versions of one time there is only the later.
 *
 * <p>Objects in rows are never handed out as long as they can be changed: functions get copies.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class Versions {

  private final RowStore<Object> rows;
  private final boolean isMutable;
  private final ByteWriter rowKey = new ByteWriter(64);

  /**
   * Creates the versions of a table.
   *
   * @param isMutable whether rows can be changed
   */
  Versions(RowStore<Object> rows, boolean isMutable) {
    this.rows = rows;
    this.isMutable = isMutable;
  }

  /** Sets what a row is from a time on, until a later version. */
  void put(JoinPlace place, long timeMs, Upserted<?> version) {
    begin(place, timeMs);
    int hash = Hashing.murmur2(rowKey.array(), 0, rowKey.size());
    rows.row(rowKey.array(), 0, rowKey.size(), hash).set(version);
  }

  /** {@return a walk along the versions at a place, which is before the first of them} */
  Walk walk(JoinPlace place, long oldestMs) {
    byte[] from = begin(place, oldestMs).toByteArray();
    byte[] to = begin(place, Long.MAX_VALUE).toByteArray();
    return new Walk(rows.scan(from, to), isMutable);
  }

  private ByteWriter begin(JoinPlace place, long timeMs) {
    rowKey.clear();
    place.write(rowKey, timeMs);
    return rowKey;
  }

  /**
   * A walk along the versions of a key, forward in time. What it has passed is deleted: nobody will
   * ask for a time before those that the walk has reached.
   */
  static final class Walk implements AutoCloseable {

    private final RowScan<Object> scan;
    private final boolean isMutable;

    /** The newest version at or before the time reached; null if there is none. */
    private @Nullable Row<Object> present;

    private long presentMs = VersionsHead.NEVER;

    /** The version after that; null if there is none. */
    private @Nullable Row<Object> next;

    private long nextMs = VersionsHead.NEVER;

    private Walk(RowScan<Object> scan, boolean isMutable) {
      this.scan = scan;
      this.isMutable = isMutable;
      lookAhead();
    }

    private void lookAhead() {
      if (scan.next()) {
        Row<Object> row = scan.row();
        next = row;
        nextMs = OrderedTime.read(row.fullKey(), row.fullKey().length - OrderedTime.BYTES);
      } else {
        next = null;
        nextMs = VersionsHead.NEVER;
      }
    }

    /**
     * {@return the row as a function may get it, at a time not before the last one; null if none}
     */
    @Nullable Object at(long timeMs) {
      while (nextMs <= timeMs) {
        step();
      }
      Row<Object> row = present;
      if (row == null) {
        return null;
      }
      Object version = isMutable ? row.copiedValue() : row.value();
      return ((Upserted<?>) Objects.requireNonNull(version)).row();
    }

    /** Walks on to a time that nobody will ask before, or until the transaction is full. */
    void passTo(long timeMs, TransactionRoom room) {
      while (nextMs <= timeMs) {
        // To enter the first version deletes nothing, so that a commit would not make it unneeded.
        if (present != null && !room.isLeft()) {
          return;
        }
        step();
      }
      Row<Object> row = present;
      if (row != null && isGone(row)) {
        // Without a version the row is not there either.
        row.delete();
        present = null;
        presentMs = VersionsHead.NEVER;
      }
    }

    private void step() {
      Row<Object> before = present;
      if (before != null) {
        before.delete();
      }
      present = next;
      presentMs = nextMs;
      lookAhead();
    }

    private static boolean isGone(@Nullable Row<Object> row) {
      return row != null && ((Upserted<?>) Objects.requireNonNull(row.value())).row() == null;
    }

    /** {@return the head of the key with the versions that are left; the walk ends with it} */
    VersionsHead head(JoinFirst stream) {
      if (present == null) {
        present = next;
        presentMs = nextMs;
        lookAhead();
      }
      return new VersionsHead(stream, presentMs, nextMs, isGone(present));
    }

    @Override
    public void close() {
      scan.close();
    }
  }
}
