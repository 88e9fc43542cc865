package dev.millrace.internal.stage;

import java.util.Map;
import java.util.OptionalLong;

/**
 * How many rows a worker's tasks have in each store of the stage.
 *
 * <p><b>Threads.</b> Written by one thread, readable by any.
 */
public final class StoreRows {

  private volatile Map<String, Long> byStore = Map.of();

  /** Sets what is known, by the names of stores. */
  public void set(Map<String, Long> known) {
    byStore = Map.copyOf(known);
  }

  /** {@return the rows of a store; empty while they are not known} */
  public OptionalLong of(String store) {
    Long rows = byStore.get(store);
    return rows == null ? OptionalLong.empty() : OptionalLong.of(rows);
  }
}
