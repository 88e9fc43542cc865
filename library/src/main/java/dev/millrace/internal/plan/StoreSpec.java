package dev.millrace.internal.plan;

import java.lang.reflect.Type;

/**
 * Rows that a step keeps.
 *
 * @param suffix distinguishes the stores of one step; empty for the only or the main one
 * @param valueType the type of its rows
 * @param times whether a row is kept with its time
 * @param content what its rows are, for those who count them
 */
public record StoreSpec(String suffix, Type valueType, RowTimes times, Content content) {

  /** The times of rows: the largest of those that their changes have named. */
  public enum RowTimes {
    /** Rows have none, or one during a transaction only. */
    NOT_KEPT,
    /** A row is written with its time. */
    KEPT
  }

  /** The kinds of rows that have a figure of their own. */
  public enum Content {
    /** Windows that are not over, or slices of them. */
    WINDOWS,
    /** Timers that user functions have set. */
    TIMERS,
    /** Blocks of records that wait for the watermark before a pattern is looked for in them. */
    WAITING_BLOCKS,
    /** Keys that have partial matches of a pattern. */
    PARTIAL_MATCH_KEYS,
    /** Anything else. */
    OTHER
  }

  /** Creates rows without times. */
  public StoreSpec(String suffix, Type valueType) {
    this(suffix, valueType, RowTimes.NOT_KEPT);
  }

  /** Creates rows with times or without. */
  public StoreSpec(String suffix, Type valueType, RowTimes times) {
    this(suffix, valueType, times, Content.OTHER);
  }

  /** {@return rows without times that are counted as what they are} */
  static StoreSpec of(Content content, String suffix, Type valueType) {
    return new StoreSpec(suffix, valueType, RowTimes.NOT_KEPT, content);
  }
}
