package dev.millrace.internal.operator;

import dev.millrace.internal.frame.FrameFormat;

/**
 * A flyweight over one entry of a frame.
 *
 * <p><b>Threads.</b> Confined to the task's worker; valid during the call it is handed to.
 */
public interface KeyedRecord {

  /** {@return the array that holds the key} */
  byte[] bytes();

  /** {@return where the key starts} */
  int keyOffset();

  /** {@return how long the key is} */
  int keyLength();

  /** {@return the key's murmur2} */
  int keyHash();

  /** {@return the entry's time in the edge's domain, milliseconds since the epoch} */
  long timeMs();

  /** {@return the time of its first record: earlier than {@link #timeMs()} for some partials} */
  long firstTimeMs();

  /**
   * {@return by how much it changes the number of records: 1 for a record, -1 for a retraction; for
   * a partial the difference of both, or 0 if it was not counted}
   */
  long weight();

  /** {@return its kind: bits of {@link FrameFormat}} */
  int kind();

  /** {@return whether the value is a partial aggregate rather than a record} */
  default boolean isPartial() {
    return (kind() & FrameFormat.PARTIAL) != 0;
  }

  /**
   * {@return whether it takes back a record that was added before, which has the same value}
   *
   * <p>Only operators whose plan {@linkplain
   * dev.millrace.internal.plan.StageOperator#takesRetractions() takes retractions} get one.
   */
  default boolean isRetraction() {
    return (kind() & FrameFormat.RETRACTION) != 0;
  }

  /**
   * {@return whether the event time was too far ahead of the source's clock to be believed}
   *
   * <p>Operators that use event time treat such a record as late; all others process it normally.
   */
  default boolean isTooFarAhead() {
    return (kind() & FrameFormat.TOO_FAR_AHEAD) != 0;
  }

  /** {@return how many bytes the value was sent as; 0 if it comes from within the stage} */
  default int valueLength() {
    return 0;
  }

  /** {@return the decoded value: a record, or an accumulator that no other step has} */
  Object value();

  /**
   * {@return the value for a further attempt of a call that may have changed it: a new object, if
   * there are bytes to make it of}
   */
  default Object valueAnew() {
    return value();
  }
}
