package dev.millrace.internal.query;

import dev.millrace.internal.state.CommittedRows;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.query.StateRow;
import dev.millrace.window.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stores with a row for each window and key, by the window's end, then the key.
 *
 * <p>The windows of one key are looked up end by end. Where many ends in a row are missing, the
 * next row of any key shows where to go on.
 */
final class WindowReader implements StateReader {

  private static final int LOOKS_BETWEEN_HOPS = 64;

  private final String name;
  private final WindowKind kind;
  private final RowValues values;

  WindowReader(QueriedStore store, WindowKind kind, RowValues values) {
    this.name = store.name();
    this.kind = kind;
    this.values = values;
  }

  /** Not shared: it may remember its last result. */
  private Slicing slicing() {
    return Slicing.of(kind).orElseThrow();
  }

  /** {@return the time in the first row at or after a time; empty if there is none} */
  static OptionalLong firstTime(CommittedRows rows, long fromMs) {
    try (RowIterator scan = rows.scan(OrderedTime.first(fromMs), null)) {
      return scan.next() ? OptionalLong.of(OrderedTime.time(scan.key())) : OptionalLong.empty();
    }
  }

  /** {@return the end from which on a cursor goes on, not before a time} */
  static long firstEnd(Range range) {
    return range.from().length < OrderedTime.BYTES
        ? range.fromMs()
        : Math.max(range.fromMs(), OrderedTime.time(range.from()));
  }

  @Override
  public Function<CommittedTask, Reading> windows(QueriedStore store, byte[] key, Range range) {
    Slicing slicing = slicing();
    return task -> {
      CommittedRows rows = task.rows(name);
      List<Reading.Raw> found = new ArrayList<>();
      OptionalLong first = firstTime(rows, firstEnd(range));
      int looks = 0;
      while (first.isPresent()) {
        long end = first.getAsLong();
        long start = slicing.windowStart(end);
        if (start >= range.toMs()) {
          break;
        }
        if (found.size() == range.limit() || !task.hasTime()) {
          return new Reading(found, OrderedTime.first(end), Long.MIN_VALUE);
        }
        if (range.hasStart(start)) {
          byte[] rowKey = OrderedTime.join(end, key);
          byte @Nullable [] value = rows.value(rowKey);
          if (value != null) {
            found.add(new Reading.Raw(rowKey, value));
          }
        }
        first = end == Long.MAX_VALUE ? OptionalLong.empty() : next(rows, slicing, end, ++looks);
      }
      return new Reading(found, null, Long.MIN_VALUE);
    };
  }

  private static OptionalLong next(CommittedRows rows, Slicing slicing, long end, int looks) {
    return looks % LOOKS_BETWEEN_HOPS == 0
        ? firstTime(rows, end + 1)
        : OptionalLong.of(slicing.nextWindowEnd(end));
  }

  @Override
  public Function<CommittedTask, Reading> scan(QueriedStore store, Range range) {
    Slicing slicing = slicing();
    return task -> {
      byte[] from = Reading.later(range.from(), OrderedTime.first(range.fromMs()));
      try (RowIterator scan = task.rows(name).scan(from, null)) {
        return Reading.page(
            task, scan, range.limit(), key -> isWanted(slicing, key, range), Long.MIN_VALUE);
      }
    };
  }

  private static boolean isWanted(Slicing slicing, byte[] rowKey, Range range) {
    byte[] prefix = range.prefix();
    int end = OrderedTime.BYTES + prefix.length;
    return range.hasStart(slicing.windowStart(OrderedTime.time(rowKey)))
        && rowKey.length >= end
        && Arrays.equals(rowKey, OrderedTime.BYTES, end, prefix, 0, prefix.length);
  }

  @Override
  public Page rows(Reading reading, Range range, long asOfMs) {
    Slicing slicing = slicing();
    List<StateRow<Object, Object>> rows = new ArrayList<>();
    for (Reading.Raw raw : reading.rows()) {
      long end = OrderedTime.time(raw.key());
      Object value = values.value(raw.value(), reading.timeMs(), asOfMs);
      if (value != null) {
        rows.add(
            new StateRow<>(
                values.key(raw.key(), OrderedTime.BYTES),
                Optional.of(Window.ofEpochMillis(slicing.windowStart(end), end)),
                value));
      }
    }
    byte @Nullable [] next = reading.next();
    // Rows are in the order of ends, so nothing after one that begins too late can be wanted.
    boolean isOver =
        next != null
            && range.toMs() != Long.MAX_VALUE
            && slicing.windowStart(OrderedTime.time(next)) >= range.toMs();
    return new Page(rows, isOver ? null : next);
  }
}
