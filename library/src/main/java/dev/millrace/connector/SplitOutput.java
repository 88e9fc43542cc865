package dev.millrace.connector;

/** Takes the records of a split. */
public interface SplitOutput<T> {

  /**
   * Takes one record.
   *
   * @param value the record
   * @param timestampMs the source's own timestamp, milliseconds since the epoch; the event time
   *     unless the source states a timestamp function
   */
  void emit(T value, long timestampMs);
}
