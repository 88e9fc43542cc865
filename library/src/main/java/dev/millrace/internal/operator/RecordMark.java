package dev.millrace.internal.operator;

/**
 * The mark of the record being processed, besides its value and time: whether its event time is too
 * far ahead of the clock to be believed.
 *
 * <p>There is one mark per task. The input sets it before it calls the operators with a record, so
 * that it holds for everything they emit during the call. An operator that emits later has to keep
 * the mark with the value and set it again.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RecordMark {

  /** The kinds of records. */
  public enum Kind {
    /** A record like others. */
    ORDINARY,
    /** A record that event-time operators treat as late. */
    TOO_FAR_AHEAD
  }

  private Kind kind = Kind.ORDINARY;

  /** Sets the kind of the record that is processed from now on. */
  public void set(Kind newKind) {
    kind = newKind;
  }

  /** {@return the kind of the record being processed} */
  public Kind kind() {
    return kind;
  }

  /** {@return whether the record's event time is too far ahead of the clock} */
  public boolean isTooFarAhead() {
    return kind == Kind.TOO_FAR_AHEAD;
  }
}
