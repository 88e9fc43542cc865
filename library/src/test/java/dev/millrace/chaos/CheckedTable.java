package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.chaos.TablesJob.RowChange;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.table.Change;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a table: each takes back what was emitted last for its key, and is of the kind
 * that it has to be.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class CheckedTable extends CheckedOutput<RowChange> {

  private final Map<String, String> rows = new HashMap<>();

  /** The keys of which the row before a change was taken back, and that after it is to follow. */
  private final Map<String, String> replaced = new HashMap<>();

  private int retracted;

  CheckedTable(TestBroker broker, String topic, long seed) {
    super(broker, topic, RowChange.class, seed);
  }

  /** Waits until the rows are the expected ones. */
  void await(Map<String, String> expected) {
    await(() -> replaced.isEmpty() && rows.equals(expected));
    assertThat(rows).as(name).isEqualTo(expected);
  }

  int retracted() {
    return retracted;
  }

  @Override
  void take(RowChange change) {
    retracted += change.kind().retracts() ? 1 : 0;
    if (change.kind() == Change.Kind.UPDATE_AFTER) {
      if (replaced.remove(change.key()) == null) {
        wrong("emits " + change + " without taking back what holds");
      }
    } else if (replaced.containsKey(change.key())) {
      wrong("emits " + change + " where a row was to replace " + replaced.get(change.key()));
    }
    switch (change.kind()) {
      case INSERT, UPDATE_AFTER -> {
        String held = rows.put(change.key(), change.row());
        if (held != null) {
          wrong("emits " + change + " where " + held + " holds");
        }
      }
      case UPDATE_BEFORE -> {
        takeBack(change);
        replaced.put(change.key(), change.row());
      }
      case DELETE -> takeBack(change);
    }
  }

  private void takeBack(RowChange change) {
    @Nullable String held = rows.remove(change.key());
    if (!change.row().equals(held)) {
      wrong("takes back " + change + " where " + held + " holds");
    }
  }
}
