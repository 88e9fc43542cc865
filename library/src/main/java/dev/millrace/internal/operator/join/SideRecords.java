package dev.millrace.internal.operator.join;

import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.window.Records;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The records of one side in a window, as a function gets them: read a chunk at a time, so that no
 * group has to fit into memory, and no scan stays open that a function does not come to the end of.
 *
 * <p>The first chunk is kept until the end of the call. Most groups have no other.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SideRecords implements Records<Object> {

  static final int ROWS_PER_CHUNK = 64;
  private static final long BYTES_PER_CHUNK = 256 << 10;

  private static final Chunk NOTHING = new Chunk(List.of(), true);

  private final Buffer buffer;
  private final JoinPlace place;
  private final long throughMs;
  private final Chunk first;
  private boolean isOver;

  /**
   * Some records in a row.
   *
   * @param isLast whether there are no others after them
   */
  private record Chunk(List<Row<Object>> rows, boolean isLast) {}

  /**
   * Creates the records of a window.
   *
   * @param place where they are, until the end of the call
   * @param first the first at that place; none of them is in an earlier window only
   * @param throughMs the last time in the window
   */
  SideRecords(Buffer buffer, JoinPlace place, JoinFirst first, long throughMs) {
    this.buffer = buffer;
    this.place = place;
    this.throughMs = throughMs;
    if (first.isNone() || first.timeMs() > throughMs) {
      this.first = NOTHING;
    } else if (first.isOnly()) {
      this.first = new Chunk(List.of(buffer.only(place, first)), true);
    } else {
      this.first = read(buffer.scan(place, first.timeMs(), throughMs));
    }
  }

  private static Chunk read(RowScan<Object> scan) {
    List<Row<Object>> rows = new ArrayList<>();
    long bytes = 0;
    try (scan) {
      while (scan.next()) {
        if (rows.size() == ROWS_PER_CHUNK || bytes > BYTES_PER_CHUNK) {
          return new Chunk(rows, false);
        }
        rows.add(scan.row());
        byte[] stored = scan.row().committedBytes();
        bytes += stored == null ? 0 : stored.length; // Changed rows are in memory in any case.
      }
    }
    return new Chunk(rows, true);
  }

  @Override
  public boolean isEmpty() {
    checkOpen();
    return first.rows().isEmpty();
  }

  @Override
  public Iterator<Object> iterator() {
    Iterator<Row<Object>> rows = rows();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public Object next() {
        return buffer.handedOut(rows.next());
      }
    };
  }

  /** {@return their rows} */
  Iterator<Row<Object>> rows() {
    checkOpen();
    return new Rows();
  }

  /** Ends the call. */
  void end() {
    isOver = true;
  }

  private void checkOpen() {
    if (isOver) {
      throw new IllegalStateException(
          "Cannot read the records of a group: the call of the function is over. Copy what it has"
              + " to keep with toList()");
    }
  }

  private final class Rows implements Iterator<Row<Object>> {

    private Chunk chunk = first;
    private int at;

    @Override
    public boolean hasNext() {
      checkOpen();
      if (at == chunk.rows().size() && !chunk.isLast()) {
        chunk = read(buffer.scanAfter(place, chunk.rows().get(at - 1), throughMs));
        at = 0;
      }
      return at < chunk.rows().size();
    }

    @Override
    public Row<Object> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return chunk.rows().get(at++);
    }
  }
}
