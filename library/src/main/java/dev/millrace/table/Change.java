package dev.millrace.table;

/**
 * One change of a table: a keyed relation that changes.
 *
 * <p><b>Threads.</b> Immutable, as far as key and value are.
 *
 * @param kind what happened
 * @param key the row's key
 * @param value the row: the old one for {@link Kind#UPDATE_BEFORE} and {@link Kind#DELETE}, else
 *     the new one
 */
public record Change<K, V>(Kind kind, K key, V value) {

  /** The kinds of change of a row. */
  public enum Kind {
    /** A row that was not there before. */
    INSERT,
    /** The old value of a row that changes, which is retracted. */
    UPDATE_BEFORE,
    /** The new value of a row that changes. */
    UPDATE_AFTER,
    /** The last value of a row that is gone, which is retracted. */
    DELETE;

    /** {@return whether this retracts what was emitted before} */
    public boolean retracts() {
      return this == UPDATE_BEFORE || this == DELETE;
    }
  }
}
