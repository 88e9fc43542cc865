package dev.millrace.internal.stage;

import java.util.Map;
import java.util.OptionalLong;

/**
 * The numbers of rows that a worker's tasks have in each store of the stage, and of their bytes.
 *
 * <p><b>Threads.</b> Written by one thread, readable by any.
 */
public final class StoreFigures {

  private volatile Map<String, Long> rows = Map.of();
  private volatile Map<String, Long> bytes = Map.of();

  /** Sets the rows that are known, by the names of stores. */
  public void setRows(Map<String, Long> known) {
    rows = Map.copyOf(known);
  }

  /** Sets the bytes that are known, by the names of stores. */
  public void setBytes(Map<String, Long> known) {
    bytes = Map.copyOf(known);
  }

  /** {@return the rows of a store; empty while they are not known} */
  public OptionalLong rows(String store) {
    return of(rows, store);
  }

  /** {@return an estimate of the bytes of a store; empty while it is not known} */
  public OptionalLong bytes(String store) {
    return of(bytes, store);
  }

  private static OptionalLong of(Map<String, Long> figures, String store) {
    Long figure = figures.get(store);
    return figure == null ? OptionalLong.empty() : OptionalLong.of(figure);
  }
}
