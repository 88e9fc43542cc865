package dev.millrace.internal.task;

/**
 * The life of an open task, from its first firing to the announcement of its end.
 *
 * <pre>
 *            everything due has fired            all inputs have ended
 *   FIRING  -------------------------&gt;  READING  ---------------------&gt;  FINISHED
 *      ^                                   |                                |
 *      +-----------------------------------+            committed: the task's frame records the end
 *         time has gone on: something may be due                            v
 *                                                                        RECORDED
 *                                                                           |
 *                                                  committed: so is the announcement of the end
 *                                                                           v
 *                                                                       ANNOUNCED
 * </pre>
 *
 * <p>A task begins by firing, since something may have become due while nobody had it; one that had
 * finished when it was opened begins as recorded, since its end may not have been announced. No
 * life ends here: a task is released, or opened again from what is committed, in each of these
 * phases, and that is the end of the object.
 *
 * <p>Why a task that reads does not read, is another matter: it may wait for other partitions of
 * its source, for its source to have something, or for calls to end.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TaskLife {

  /** The phases of a task, by what it does with its turns. */
  enum Phase {
    /** It fires what is due, in parts if a transaction has no room for all; no input is read. */
    FIRING,
    /** It processes its input. */
    READING,
    /** It has nothing more to do, but the commit that records it is still to come. */
    FINISHED,
    /** A committed frame records that the task has finished; others do not know yet. */
    RECORDED,
    /** The end is announced by a committed record. */
    ANNOUNCED
  }

  private Phase phase;

  /**
   * Begins a life.
   *
   * @param recorded whether the frame from which the task was opened records that it has finished
   */
  TaskLife(boolean recorded) {
    this.phase = recorded ? Phase.RECORDED : Phase.FIRING;
  }

  /** {@return the present phase} */
  Phase phase() {
    return phase;
  }

  /** {@return whether something due has still to fire before input is read} */
  boolean isFiring() {
    return phase == Phase.FIRING;
  }

  /** {@return whether input is processed as far as nothing else keeps the task from it} */
  boolean isReading() {
    return phase == Phase.READING;
  }

  /** {@return whether the task has nothing more to do but to make its end known} */
  boolean isFinished() {
    return phase.compareTo(Phase.FINISHED) >= 0;
  }

  /** Notes that time has gone on, so that something may be due. A finished task stays as it is. */
  void timeWentOn() {
    if (phase == Phase.READING) {
      phase = Phase.FIRING;
    }
  }

  /** Notes whether a firing got to its end, or has to be continued with another turn. */
  void fired(boolean all) {
    if (isFinished()) {
      throw new IllegalStateException("A task fires after its end (" + phase + ")");
    }
    phase = all ? Phase.READING : Phase.FIRING;
  }

  /** Notes that all inputs have ended and everything has fired. */
  void finish() {
    advance(Phase.READING, Phase.FINISHED);
  }

  /** Notes the commit of a transaction in which the task's frame was sent. */
  void committed() {
    if (phase == Phase.FINISHED) {
      phase = Phase.RECORDED;
    }
  }

  /** {@return whether the end is recorded, and should be announced with the next commit} */
  boolean isAnnouncementDue() {
    return phase == Phase.RECORDED;
  }

  /** Notes the commit of a transaction with the announcement of the end. */
  void announced() {
    advance(Phase.RECORDED, Phase.ANNOUNCED);
  }

  /** {@return whether the end is still to be made known by a commit} */
  boolean isEndPending() {
    return phase == Phase.FINISHED || phase == Phase.RECORDED;
  }

  private void advance(Phase from, Phase to) {
    if (phase != from) {
      throw new IllegalStateException("A task cannot become " + to + " while it is " + phase);
    }
    phase = to;
  }
}
