package dev.millrace.examples.distinctwords;

import static dev.millrace.table.Change.Kind.DELETE;
import static dev.millrace.table.Change.Kind.INSERT;
import static dev.millrace.table.Change.Kind.UPDATE_AFTER;
import static dev.millrace.table.Change.Kind.UPDATE_BEFORE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.table.Change.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CountTableTest {

  private final CountTable table = new CountTable();

  @Test
  void rowsAreWhatChangesMakeOfThem() {
    apply(INSERT, 2, 1);
    apply(INSERT, 1, 1);
    apply(UPDATE_BEFORE, 1, 1);
    apply(UPDATE_AFTER, 1, 7);
    apply(DELETE, 2, 1);
    apply(INSERT, 3, 1);
    assertThat(table.rows()).containsExactly(Map.entry(1L, 7L), Map.entry(3L, 1L));
    assertThat(table.words()).isEqualTo(8);
    table.checkComplete();
  }

  @Test
  void whatIsTakenBackHasToBeWhatWasThere() {
    apply(INSERT, 1, 5);
    refuses(UPDATE_BEFORE, 1, 4);
    refuses(DELETE, 1, 6);
    refuses(UPDATE_BEFORE, 2, 5);
    refuses(DELETE, 2, 5);
    assertThat(table.rows()).containsExactly(Map.entry(1L, 5L));
  }

  @Test
  void aRowIsInsertedOnce() {
    apply(INSERT, 1, 5);
    refuses(INSERT, 1, 5);
    refuses(UPDATE_AFTER, 1, 5);
    assertThat(table.rows()).containsExactly(Map.entry(1L, 5L));
  }

  @Test
  void anUpdateHasTwoHalves() {
    refuses(UPDATE_AFTER, 1, 5);
    apply(INSERT, 1, 5);
    apply(UPDATE_BEFORE, 1, 5);
    refuses(INSERT, 1, 6);
    assertThatThrownBy(table::checkComplete)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("UPDATE_AFTER is missing for the counts [1]");
    apply(UPDATE_AFTER, 1, 6);
    table.checkComplete();
    refuses(UPDATE_AFTER, 1, 7);
  }

  @Test
  void aRowWithoutWordsIsNone() {
    refuses(INSERT, 1, 0);
    refuses(INSERT, 0, 1);
    assertThat(table.rows()).isEmpty();
  }

  private void apply(Kind kind, long count, long words) {
    table.apply(new CountChange(kind, count, words));
  }

  private void refuses(Kind kind, long count, long words) {
    assertThatThrownBy(() -> apply(kind, count, words))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Cannot apply " + kind + " of count " + count);
  }
}
