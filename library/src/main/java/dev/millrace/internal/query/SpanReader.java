package dev.millrace.internal.query;

import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.plan.StateForm;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.PaneRow;
import dev.millrace.internal.window.SessionRow;
import dev.millrace.query.StateRow;
import dev.millrace.window.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Sessions and panes: the windows of a key are in one row, under the key. */
final class SpanReader implements StateReader {

  private final QueriedStore store;
  private final RowValues values;

  SpanReader(QueriedStore store, RowValues values) {
    this.store = store;
    this.values = values;
  }

  @Override
  public Function<CommittedTask, Reading> windows(QueriedStore asked, byte[] key, Range range) {
    return task -> Reading.ofValue(key, task.rows(store.name()).value(key), Long.MIN_VALUE);
  }

  @Override
  public Function<CommittedTask, Reading> scan(QueriedStore asked, Range range) {
    return task -> KeyReader.page(task, store.name(), range);
  }

  @Override
  public Page rows(Reading reading, Range range, long asOfMs) {
    List<StateRow<Object, Object>> rows = new ArrayList<>();
    for (Reading.Raw raw : reading.rows()) {
      Object key = values.key(raw.key(), 0);
      Object row = values.row(raw.value());
      if (store.form() instanceof StateForm.Sessions sessions) {
        for (SessionRow.Session<?, ?> session : ((SessionRow<?, ?>) row).sessions()) {
          add(
              rows,
              key,
              session.startMs(),
              session.endMs(),
              sessions.fold(),
              session.accumulator(),
              range);
        }
      } else if (store.form() instanceof StateForm.Panes panes) {
        PaneRow<?> pane = (PaneRow<?>) row;
        add(
            rows,
            key,
            pane.firstMs(),
            Saturating.add(pane.lastMs(), 1),
            panes.fold(),
            pane.accumulator(),
            range);
      }
    }
    return new Page(rows, reading.next());
  }

  private void add(
      List<StateRow<Object, Object>> rows,
      Object key,
      long startMs,
      long endMs,
      Fold fold,
      Object accumulator,
      Range range) {
    if (range.hasStart(startMs)) {
      rows.add(
          new StateRow<>(
              key,
              Optional.of(Window.ofEpochMillis(startMs, endMs)),
              values.finished(fold, accumulator)));
    }
  }
}
