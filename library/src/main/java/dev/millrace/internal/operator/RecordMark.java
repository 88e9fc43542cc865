package dev.millrace.internal.operator;

/**
 * What is known of the record under way besides its value and time: that its event time is too far
 * ahead of the clock to be believed.
 *
 * <p>One for each task. Whoever takes a record in sets it for as long as the operators are called
 * with it, so that it holds for whatever they emit meanwhile; an operator that emits later has to
 * keep it with the value and set it again.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RecordMark {

  /** What there is to say of a record. */
  public enum Kind {
    /** Nothing. */
    ORDINARY,
    /** Event-time operators put it out as late. */
    TOO_FAR_AHEAD
  }

  private Kind kind = Kind.ORDINARY;

  /** Says of which kind the record is that is processed from now on. */
  public void set(Kind newKind) {
    kind = newKind;
  }

  /** {@return the kind of the record under way} */
  public Kind kind() {
    return kind;
  }

  /** {@return whether the record's event time is too far ahead of the clock} */
  public boolean isTooFarAhead() {
    return kind == Kind.TOO_FAR_AHEAD;
  }
}
