package dev.millrace.internal.plan;

import java.lang.reflect.Type;

/**
 * Rows that a step keeps.
 *
 * @param suffix distinguishes the stores of one step; empty for the only or the main one
 * @param valueType the type of its rows
 * @param times whether a row is kept with its time
 */
public record StoreSpec(String suffix, Type valueType, RowTimes times) {

  /** The times of rows: the largest of those that their changes have named. */
  public enum RowTimes {
    /** Rows have none, or one during a transaction only. */
    NOT_KEPT,
    /** A row is written with its time. */
    KEPT
  }

  /** Creates rows without times. */
  public StoreSpec(String suffix, Type valueType) {
    this(suffix, valueType, RowTimes.NOT_KEPT);
  }
}
