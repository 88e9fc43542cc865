package dev.millrace.query;

import java.util.List;
import java.util.Optional;

/**
 * Rows of a committed state: as many as were asked for, or fewer if the time for one answer ran
 * out. There may be more rows even if this page has none.
 *
 * <p><b>Threads.</b> Immutable, as far as keys and values are.
 *
 * @param <K> the store's keys
 * @param <V> the store's values
 * @param rows the rows, in the store's order
 * @param position the state that all of them are of
 * @param next where the next page begins; empty if there is none
 */
public record StatePage<K, V>(
    List<StateRow<K, V>> rows, StatePosition position, Optional<StateCursor> next) {

  /** Copies the list. */
  public StatePage {
    rows = List.copyOf(rows);
  }
}
