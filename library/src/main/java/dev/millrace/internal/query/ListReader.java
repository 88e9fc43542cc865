package dev.millrace.internal.query;

import dev.millrace.internal.plan.StateForm;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** States that are lists: a row with the length under the key, and a row for each element. */
final class ListReader implements StateReader {

  private final QueriedStore store;
  private final StateForm.Declared form;
  private final String lengths;
  private final RowValues values;

  ListReader(QueriedStore store, StateForm.Declared form, RowValues values) {
    this.store = store;
    this.form = form;
    this.values = values;
    this.lengths = store.sibling(form.lengths().orElseThrow());
  }

  /** The first row is that with the length. */
  @Override
  public Function<CommittedTask, Reading> get(QueriedStore asked, byte[] key) {
    return task -> {
      byte @Nullable [] length = task.rows(lengths).value(key);
      Reading head = Reading.ofValue(key, length, task.time(TimeDomain.EVENT));
      if (length == null) {
        return head;
      }
      List<Reading.Raw> rows = new ArrayList<>(head.rows());
      rows.addAll(Reading.entries(task, store.name(), key));
      return new Reading(rows, null, head.timeMs());
    };
  }

  @Override
  public @Nullable Object value(Reading reading, long asOfMs) {
    if (reading.rows().isEmpty() || !isAlive(reading, asOfMs)) {
      return null;
    }
    List<Object> list = new ArrayList<>();
    for (Reading.Raw raw : reading.rows().subList(1, reading.rows().size())) {
      list.add(values.row(raw.value()));
    }
    return Collections.unmodifiableList(list);
  }

  private boolean isAlive(Reading reading, long asOfMs) {
    StageSetup.Store codecs = store.setup().stores().get(lengths);
    if (codecs == null) {
      throw new IllegalStateException("Store " + lengths + " has no codecs");
    }
    Object length = codecs.format().fromBytes(reading.rows().get(0).value());
    return RowValues.alive(length, form.state().timeToLive().orElse(null), reading.timeMs(), asOfMs)
        != null;
  }
}
