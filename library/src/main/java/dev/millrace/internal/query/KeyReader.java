package dev.millrace.internal.query;

import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.query.StateRow;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Stores with a row for each key, under the key. */
final class KeyReader implements StateReader {

  private final String name;
  private final RowValues values;

  KeyReader(QueriedStore store, RowValues values) {
    this.name = store.name();
    this.values = values;
  }

  @Override
  public Function<CommittedTask, Reading> get(QueriedStore store, byte[] key) {
    return task -> Reading.ofValue(key, task.rows(name).value(key), task.time(TimeDomain.EVENT));
  }

  @Override
  public @Nullable Object value(Reading reading, long asOfMs) {
    return reading.rows().isEmpty()
        ? null
        : values.value(reading.rows().get(0).value(), reading.timeMs(), asOfMs);
  }

  @Override
  public Function<CommittedTask, Reading> scan(QueriedStore store, Range range) {
    return task -> page(task, name, range);
  }

  /** {@return a page of rows that begin with the key} */
  static Reading page(CommittedTask task, String store, Range range) {
    byte[] from = Reading.later(range.from(), range.prefix());
    try (RowIterator scan = task.rows(store).scan(from, Reading.endOf(range.prefix()))) {
      return Reading.page(task, scan, range.limit(), key -> true, task.time(TimeDomain.EVENT));
    }
  }

  @Override
  public Page rows(Reading reading, Range range, long asOfMs) {
    List<StateRow<Object, Object>> rows = new ArrayList<>();
    for (Reading.Raw raw : reading.rows()) {
      Object value = values.value(raw.value(), reading.timeMs(), asOfMs);
      if (value != null) {
        rows.add(new StateRow<>(values.key(raw.key(), 0), Optional.empty(), value));
      }
    }
    return new Page(rows, reading.next());
  }
}
