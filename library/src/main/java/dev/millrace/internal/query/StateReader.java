package dev.millrace.internal.query;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.StateForm;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.query.StateRow;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The reading of one form of state: what the worker looks up, and what the asker makes of it.
 *
 * <p>Functions for the worker read bytes and nothing else: they run between two turns of it, with
 * no code of the program's in them.
 *
 * <p><b>Threads.</b> Safe for any thread, unless its values are by serdes of the program's.
 */
interface StateReader {

  /** {@return the reader of a store} */
  static StateReader of(QueriedStore store) {
    RowValues values = new RowValues(store);
    StateForm form = store.form();
    if (form instanceof StateForm.Rows || form instanceof StateForm.Aggregates) {
      return new KeyReader(store, values);
    }
    if (form instanceof StateForm.Declared declared) {
      return switch (declared.state().kind()) {
        case VALUE -> new KeyReader(store, values);
        case LIST -> new ListReader(store, declared, values);
        case MAP -> new MapReader(store, declared, values);
      };
    }
    if (form instanceof StateForm.Windows windows) {
      return new WindowReader(store, windows.window(), values);
    }
    if (form instanceof StateForm.Emitted emitted) {
      return new WindowReader(store, emitted.window(), values);
    }
    if (form instanceof StateForm.Slices slices) {
      return new SliceReader(store, slices, values);
    }
    if (form instanceof StateForm.Sessions || form instanceof StateForm.Panes) {
      return new SpanReader(store, values);
    }
    throw new ConfigurationException(
        "Cannot ask for store '"
            + store.name()
            + "': "
            + store.refusal().orElse("its rows have no values")
            + ". Ask for another store of the step");
  }

  /** {@return what looks up the value of a key} */
  default Function<CommittedTask, Reading> get(QueriedStore store, byte[] key) {
    throw new ConfigurationException(
        "Cannot get a value of store '"
            + store.name()
            + "': it has one for each window of a key. Use windows(key, from, to)");
  }

  /** {@return the value in what was looked up; null if there is none} */
  default @Nullable Object value(Reading reading, long asOfMs) {
    return null;
  }

  /** {@return what looks up the windows of a key} */
  default Function<CommittedTask, Reading> windows(QueriedStore store, byte[] key, Range range) {
    throw new ConfigurationException(
        "Cannot look for windows in store '" + store.name() + "': it has none. Use get(key)");
  }

  /** {@return what reads a page of rows} */
  default Function<CommittedTask, Reading> scan(QueriedStore store, Range range) {
    throw new ConfigurationException(
        "Cannot scan store '"
            + store.name()
            + "': a value is put together from several rows. Ask for single keys");
  }

  /**
   * The rows that come out of what was read.
   *
   * @param next the smallest row key that is still to be read; null if there is none
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Page(List<StateRow<Object, Object>> rows, byte @Nullable [] next) {}

  /** {@return the rows in what was read for windows of a key, or by a scan} */
  default Page rows(Reading reading, Range range, long asOfMs) {
    throw new IllegalStateException("No rows were read");
  }
}
