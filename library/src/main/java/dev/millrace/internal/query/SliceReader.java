package dev.millrace.internal.query;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.plan.StateForm;
import dev.millrace.internal.state.CommittedRows;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.internal.timer.ExpiryMark;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.SliceRow;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.Slicing;
import dev.millrace.query.StateRow;
import dev.millrace.window.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Windows that overlap, put together from the slices that they share.
 *
 * <p>The worker reads all slices of the key that the windows asked for may have; the asker decodes
 * them anew for each window, since a merge may change its left side.
 */
final class SliceReader implements StateReader {

  private static final int LOOKS_BETWEEN_HOPS = 64;
  private static final int MOST_LOOKS = 4_096;
  private static final int MOST_BYTES = 8 << 20;

  private final String name;
  private final StateForm.Slices form;
  private final RowValues values;

  /** The name of the store that knows which windows were gone when the lateness was raised. */
  private final Optional<String> progress;

  SliceReader(QueriedStore store, StateForm.Slices form, RowValues values) {
    this.name = store.name();
    this.progress = form.progress().map(store::sibling);
    this.form = form;
    this.values = values;
  }

  private Slicing slicing() {
    return Slicing.of(form.window()).orElseThrow();
  }

  private long rowEnd(long sliceEnd) {
    return form.layout().map(layout -> layout.rowEnd(sliceEnd)).orElse(sliceEnd);
  }

  /** {@return the end of the first slice that can be in a row} */
  private long firstSlice(Slicing slicing, long rowEnd) {
    Optional<SliceRows> layout = form.layout();
    return layout.isPresent() ? slicing.sliceEnd(layout.get().rowStart(rowEnd)) : rowEnd;
  }

  @Override
  public Function<CommittedTask, Reading> windows(QueriedStore store, byte[] key, Range range) {
    Slicing slicing = slicing();
    return task -> {
      CommittedRows rows = task.rows(name);
      List<Reading.Raw> found = new ArrayList<>();
      OptionalLong next = WindowReader.firstTime(rows, range.fromMs());
      int looks = 0;
      long bytes = 0;
      while (next.isPresent()) {
        long rowEnd = next.getAsLong();
        long firstEnd = slicing.firstWindowEnd(firstSlice(slicing, rowEnd));
        if (slicing.windowStart(firstEnd) >= range.toMs()) {
          break;
        }
        if (++looks > MOST_LOOKS || bytes > MOST_BYTES) {
          throw new ConfigurationException(
              "Cannot put the windows of store '"
                  + name
                  + "' together: more than "
                  + MOST_LOOKS
                  + " rows or "
                  + MOST_BYTES
                  + " bytes would have to be read. Ask for a shorter stretch of time");
        }
        byte[] rowKey = OrderedTime.join(rowEnd, key);
        byte @Nullable [] value = rows.value(rowKey);
        if (value != null) {
          Reading.Raw row = new Reading.Raw(rowKey, value);
          found.add(row);
          bytes += row.bytes();
        }
        next =
            rowEnd == Long.MAX_VALUE ? OptionalLong.empty() : after(rows, slicing, rowEnd, looks);
      }
      return new Reading(found, null, Math.max(task.time(form.domain()), goneBy(task)));
    };
  }

  /** {@return the time by which windows would have gone that are gone, whatever the lateness} */
  private long goneBy(CommittedTask task) {
    if (progress.isEmpty()) {
      return Long.MIN_VALUE;
    }
    try (RowIterator mark = task.rows(progress.get()).scan(ExpiryMark.first(), ExpiryMark.end())) {
      long goneUpTo = mark.next() ? ExpiryMark.of(mark.key()).goneUpToMs() : Long.MIN_VALUE;
      return goneUpTo == Long.MIN_VALUE
          ? Long.MIN_VALUE
          : Saturating.add(goneUpTo, form.latenessMs());
    }
  }

  private OptionalLong after(CommittedRows rows, Slicing slicing, long rowEnd, int looks) {
    return looks % LOOKS_BETWEEN_HOPS == 0
        ? WindowReader.firstTime(rows, rowEnd + 1)
        : OptionalLong.of(rowEnd(slicing.sliceEnd(rowEnd)));
  }

  @Override
  public Page rows(Reading reading, Range range, long asOfMs) {
    Slicing slicing = slicing();
    long firstEnd = WindowReader.firstEnd(range);
    TreeSet<Long> ends = new TreeSet<>();
    for (Reading.Raw raw : reading.rows()) {
      for (SliceRow.Slice<Object> slice : slices(raw)) {
        addWindows(ends, slicing, OrderedTime.time(raw.key()) - slice.beforeRowEndMs());
      }
    }
    List<StateRow<Object, Object>> rows = new ArrayList<>();
    for (long end : ends) {
      boolean isThere =
          end >= firstEnd
              && Saturating.add(end, form.latenessMs()) > reading.timeMs()
              && range.hasStart(slicing.windowStart(end));
      if (!isThere) {
        continue;
      }
      if (rows.size() == range.limit()) {
        return new Page(rows, OrderedTime.first(end));
      }
      rows.add(window(reading, slicing, end));
    }
    return new Page(rows, null);
  }

  private static void addWindows(Set<Long> ends, Slicing slicing, long slice) {
    long last = slicing.lastWindowEnd(slice);
    long end = slicing.firstWindowEnd(slice);
    boolean ignored = ends.add(end);
    while (end < last) {
      end = slicing.nextWindowEnd(end);
      ignored = ends.add(end);
    }
  }

  private StateRow<Object, Object> window(Reading reading, Slicing slicing, long end) {
    Fold fold = form.fold();
    long start = slicing.windowStart(end);
    @Nullable Object all = null;
    byte @Nullable [] keyBytes = null;
    for (Reading.Raw raw : reading.rows()) {
      long rowEnd = OrderedTime.time(raw.key());
      if (rowEnd <= start || slicing.sliceStart(firstSlice(slicing, rowEnd)) >= end) {
        continue;
      }
      for (SliceRow.Slice<Object> slice : slices(raw)) {
        long sliceEnd = rowEnd - slice.beforeRowEndMs();
        if (sliceEnd > start && sliceEnd <= end) {
          all = all == null ? slice.accumulator() : values.merged(fold, all, slice.accumulator());
          keyBytes = raw.key();
        }
      }
    }
    if (keyBytes == null) {
      throw new IllegalStateException("A window was found by none of its slices");
    }
    return new StateRow<>(
        values.key(keyBytes, OrderedTime.BYTES),
        Optional.of(Window.ofEpochMillis(start, end)),
        values.finished(fold, all));
  }

  /** {@return the slices of a row, decoded anew} */
  @SuppressWarnings("unchecked") // the store's type is that of the plan
  private List<SliceRow.Slice<Object>> slices(Reading.Raw raw) {
    Object row = values.row(raw.value());
    return form.layout().isPresent()
        ? ((SliceRow<Object>) row).slices()
        : List.of(new SliceRow.Slice<>(0, row));
  }
}
