package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.pattern.Edge;
import dev.millrace.internal.pattern.Run;
import dev.millrace.internal.pattern.RunId;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import java.util.List;

/**
 * The index of what is due of partial matches, over all keys.
 *
 * <pre>
 *  time (8), length of key, key                                     runs in the row of the key
 *  time (8), length of key, key, number of the run (8), place (4)   a run that is a row
 * </pre>
 *
 * <p>Runs in the row of a key have one entry for each time at which some of them are due. What is
 * due at a time comes key by key, and then in the order in which the runs have begun.
 *
 * <p>A key is given as what its entries have after the time, the length of the key and the key, in
 * a writer that may be written on.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class DueIndex {

  private static final int RUN_BYTES = Long.BYTES + Integer.BYTES;

  private final RowStore<Object> rows;
  private final TimeIndex<Object> times;

  DueIndex(RowStore<Object> rows, TransactionRoom room) {
    this.rows = rows;
    this.times = TimeIndex.of(rows, room);
  }

  /** {@return the entries by time} */
  TimeIndex<Object> times() {
    return times;
  }

  /** Adds the entry of a run that is a row, if it is ever due. */
  void add(ByteWriter key, Run run) {
    if (run.dueMs() != Edge.ALWAYS) {
      complete(key, run);
      times.putNew(run.dueMs(), key.array(), 0, key.size(), true);
    }
  }

  /**
   * Removes the entry of a run that is a row, if it has one. An entry that has just fired is in
   * memory: deleting it once more changes nothing.
   */
  void remove(ByteWriter key, Run run) {
    if (run.dueMs() != Edge.ALWAYS) {
      complete(key, run);
      times.removeExisting(run.dueMs(), key.array(), 0, key.size());
    }
  }

  private static void complete(ByteWriter key, Run run) {
    key.writeLong(run.id());
    key.writeInt(run.place());
  }

  /**
   * Sets the entries of the runs in a key's row: one for each time at which some are due.
   *
   * @param from the runs that were in the row
   * @param after the runs that are
   * @param firedMs the time of an entry of theirs that has fired, and is in the index no more;
   *     {@link Edge#ALWAYS} if there is none
   */
  void set(ByteWriter key, List<Run> from, List<Run> after, long firedMs) {
    for (int i = 0; i < from.size(); i++) {
      long dueMs = from.get(i).dueMs();
      if (dueMs != Edge.ALWAYS && !isDue(after, dueMs)) {
        times.removeExisting(dueMs, key.array(), 0, key.size());
      }
    }
    for (int i = 0; i < after.size(); i++) {
      long dueMs = after.get(i).dueMs();
      if (dueMs != Edge.ALWAYS && (dueMs == firedMs || !isDue(from, dueMs))) {
        times.putNew(dueMs, key.array(), 0, key.size(), true);
      }
    }
  }

  private static boolean isDue(List<Run> among, long timeMs) {
    for (int i = 0; i < among.size(); i++) {
      if (among.get(i).dueMs() == timeMs) {
        return true;
      }
    }
    return false;
  }

  /** Takes what is due at a time of the runs of a key that are rows, whatever room there is. */
  void take(long timeMs, ByteWriter key, List<RunId> into) {
    try (RowScan<Object> scan = rows.scanPrefix(OrderedTime.join(timeMs, key.toByteArray()))) {
      while (scan.next()) {
        into.add(run(scan.row().fullKey()));
        scan.row().delete();
      }
    }
  }

  /** {@return the run that is a row and has an entry, by the end of the entry's bytes} */
  static RunId run(byte[] entry) {
    ByteReader reader = new ByteReader(entry, entry.length - RUN_BYTES, RUN_BYTES);
    long id = reader.readLong();
    return new RunId(reader.readInt(), id);
  }
}
