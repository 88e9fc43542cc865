package dev.millrace.internal.operator.join;

import dev.millrace.internal.plan.CoGroupHead;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;

/**
 * The windows that the records of two streams are grouped in. The records of a key are rows by
 * time, so that a window is a range of them, be it one of several that a record is in.
 *
 * <p>A window is known by the last time that a record in it has, or may have: {@code throughMs}.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
interface GroupWindows {

  /** The windows that a record is still in time for. */
  enum Fit {
    /** All of its windows. */
    ALL,
    /** Some of them. */
    SOME,
    /** None: it is late. */
    NONE,
    /** It is between two windows. */
    GAP
  }

  /** {@return which windows a record is in time for} */
  Fit fit(JoinPlace place, CoGroupHead head, long timeMs, long firedUpTo);

  /** {@return when a key is due that gets a record, which is in time for a window} */
  long dueMs(CoGroupHead head, long timeMs, long firedUpTo);

  /** {@return the first window of a key, as far as its records are there; it may still grow} */
  long throughMs(JoinPlace place, CoGroupHead head);

  /** {@return the last time at which a record may arrive that changes a window} */
  long changesUntilMs(long throughMs);

  /** {@return the start of the first window of a key} */
  long startMs(CoGroupHead head, long throughMs);

  /** {@return the end of a window} */
  long endMs(long throughMs);

  /** {@return the last time of records that are in no later window} */
  long doneMs(long throughMs);

  /**
   * {@return when a key is due whose first window has fired}
   *
   * @param firstMs the time of its first record that is in a later window
   */
  long nextDueMs(long firstMs, long throughMs);

  /** {@return the arithmetic of a kind of windows} */
  static GroupWindows of(WindowKind kind, Buffer left, Buffer right) {
    return Slicing.of(kind)
        .<GroupWindows>map(FixedWindows::new)
        .orElseGet(() -> new Sessions(((WindowKind.Session) kind).gapMs(), left, right));
  }
}
