package dev.millrace.connector;

/**
 * The receiver of a split's records.
 *
 * <p><b>Threads.</b> Confined to the call to which it was handed.
 */
public interface SplitOutput<T> {

  /**
   * Takes one record.
   *
   * @param value the record, not to be changed afterwards
   * @param timestampMs the source's own timestamp, milliseconds since the epoch; the event time
   *     unless the source states a timestamp function. Without one, and without watermarks, a
   *     {@link KafkaSink} writes the time of writing instead
   */
  void emit(T value, long timestampMs);

  /**
   * Rejects a record that cannot be read. The source's error policy decides about it: this call
   * throws, or counts it, or writes it to the dead letters. A rejected record counts as read.
   *
   * @param original the record as it was found
   * @param cause why it cannot be read; the message should name the place
   */
  void reject(byte[] original, Exception cause);
}
