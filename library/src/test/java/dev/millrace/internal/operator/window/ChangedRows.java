package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.operator.window.OperatorHarness.Emitted;
import dev.millrace.internal.window.NaiveWindows;
import dev.millrace.table.Change;
import dev.millrace.window.Windowed;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The table that changes lead to; each retraction has to be of the row that is there. */
final class ChangedRows {

  private ChangedRows() {}

  /**
   * {@return the rows by {@link NaiveWindows#text}, or by their keys where there are no windows}
   */
  static <V> Map<String, V> of(List<Emitted> changes, Function<Object, V> shown, String said) {
    Map<String, V> rows = new TreeMap<>();
    for (Emitted each : changes) {
      Change<?, ?> change = (Change<?, ?>) each.value();
      String name =
          change.key() instanceof Windowed<?> windowed
              ? NaiveWindows.text(windowed.key(), windowed.window())
              : String.valueOf(change.key());
      V value = shown.apply(change.value());
      if (change.kind().retracts()) {
        assertThat(rows.remove(name)).as("%s, takes back %s", said, name).isEqualTo(value);
      } else {
        assertThat(rows.put(name, value)).as("%s, twice %s", said, name).isNull();
      }
    }
    return rows;
  }
}
