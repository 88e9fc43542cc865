package dev.millrace.sidebyside.engine;

import java.time.Duration;

/**
 * Counts of words.
 *
 * <p>The input is a Kafka topic of records without a key, whose value is a word in UTF-8. Words are
 * spread over partitions without regard to what they are, so that an engine has to bring equal ones
 * together: one shuffle. With more than one, each record is handed to another task before that, as
 * often as is asked for less one, with nothing to do there.
 *
 * <p>The output is a Kafka topic whose records have a key in UTF-8 and a number in decimal digits
 * as their value.
 */
public enum WordJob implements Workload {
  /**
   * How often each word has been seen so far.
   *
   * <p>The key is the word, and the last record of a key is its count. In which steps it gets there
   * is the engine's own business: one that writes each count and one that writes the newest count
   * with each transaction compute the same.
   */
  RUNNING_COUNT,

  /**
   * How often each word was seen in each five minutes of event time, as a final result: one record
   * per word and window, when the window is over.
   *
   * <p>Windows are aligned to the epoch. The event time is the timestamp of the input record.
   * Within an input partition records are out of order by less than a second. The key is that of
   * {@link #windowKey}.
   *
   * <p>The input goes on for {@link #WINDOWS_AFTER} after the windows that count, with words that
   * start with {@link #AFTER}: so all windows that count are closed as others are, by what comes
   * after them.
   */
  WINDOW_COUNT;

  /** The length of a window. */
  public static final Duration WINDOW = Duration.ofMinutes(5);

  /** By how much records of an input partition are out of order; always by less than this. */
  public static final Duration DISORDER = Duration.ofSeconds(1);

  /** So many windows come after those that count. */
  public static final int WINDOWS_AFTER = 28;

  /** What words start with whose results do not count, and no other words do. */
  public static final String AFTER = "~";

  /**
   * {@return the key of a window's result}
   *
   * @param startMs the start of the window, in milliseconds since the epoch
   */
  public static String windowKey(String word, long startMs) {
    return word + '@' + startMs;
  }
}
