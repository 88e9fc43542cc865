package dev.millrace.internal.runtime;

import dev.millrace.internal.task.Fate;

/**
 * The life of a worker, from its creation until it has left its group.
 *
 * <pre>
 *   from                     to             when
 *   OUTSIDE                  WORKING        it has subscribed to its inputs
 *   WORKING                  AWAITING_REST  a commit is due amid what a sender's transaction emitted
 *   AWAITING_REST            WORKING        the rest has come, or is not waited for any longer
 *   WORKING, AWAITING_REST   COMMITTING     a commit begins: operators emit what they held back
 *   COMMITTING               UNDECIDED      everything is sent, and Kafka is asked to commit
 *   UNDECIDED                COMMITTING     Kafka did not commit, for certain
 *   UNDECIDED                WORKING        Kafka did, and the tasks are settled
 *   WORKING to UNDECIDED     WORKING        all tasks start afresh from what is committed
 *   WORKING                  SUSPENDED      the system of a sink keeps failing
 *   SUSPENDED                SUSPENDED      all tasks start afresh, of which none is open
 *   SUSPENDED                WORKING        the time is over for which work was suspended
 *   any but GONE             LEAVING        the worker has stopped, or failed
 *   any                      GONE           it has left, or its process is to look as if killed
 * </pre>
 *
 * <p>Two things go beside the phases, each of which happens once: another thread asks the worker to
 * stop, which it finds out between two turns; and it is <i>started</i> when it has had its first
 * assignment, even of no task at all, and has opened all of it. It commits before that already,
 * since tasks that are open do not wait for others. And a sink <i>keeps failing</i> from a
 * suspension on until something is committed, however often work goes on and is suspended again
 * meanwhile.
 *
 * <p>What a single task does with its turns is another life, {@code TaskLife}; that tasks are being
 * opened is no phase of the worker, since others work on meanwhile.
 *
 * <p><b>Threads.</b> {@link #stop}, {@link #isToStop} and {@link #isStarted} are safe for any
 * thread; all else is confined to the worker.
 */
final class WorkerLife {

  /** The phases of a worker, by what it does with its turns. */
  enum Phase {
    /** It is in no group: its producer is not ready, or tables that it looks up are not loaded. */
    OUTSIDE,
    /** It polls, opens tasks, and lets them process and fire. */
    WORKING,
    /** The same, but tasks only take up the rest of what a sender's transaction emitted. */
    AWAITING_REST,
    /**
     * It polls and opens tasks, but processes only answers of calls, for which the commit waits.
     */
    COMMITTING,
    /** The outcome of a commit is not known, or not settled; it has no turns meanwhile. */
    UNDECIDED,
    /** It polls, so that it stays in its group, and does nothing else. */
    SUSPENDED,
    /** It releases what it has, and leaves its group. */
    LEAVING,
    /** Nothing is left of it. */
    GONE
  }

  private Phase phase = Phase.OUTSIDE;
  private boolean assigned;
  private boolean sinkFails;
  private volatile boolean started;
  private volatile boolean toStop;

  /** {@return the present phase} */
  Phase phase() {
    return phase;
  }

  // ------------------------------------------------------------------ its group

  /** Notes that the worker has subscribed. */
  void joined() {
    become(Phase.WORKING, phase == Phase.OUTSIDE);
  }

  /** {@return whether the worker is in no group yet} */
  boolean isOutside() {
    return phase == Phase.OUTSIDE;
  }

  /** Notes that the group has assigned something to the worker, even if it is nothing. */
  void assigned() {
    assigned = true;
    sinkFails = false; // It may have lost the task with that sink.
  }

  /** Notes that nothing is left to open of what has been assigned so far. */
  void openedAll() {
    if (assigned && !started) {
      started = true;
    }
  }

  /** {@return whether the worker has opened all of its first assignment} */
  boolean isStarted() {
    return started;
  }

  // ------------------------------------------------------------------ its transactions

  /** Notes that a commit waits for the rest of what a sender's transaction emitted. */
  void awaitRest() {
    become(Phase.AWAITING_REST, phase == Phase.WORKING);
  }

  /** Notes that it does not wait any longer, since the rest has come or takes too long. */
  void awaitedRest() {
    become(Phase.WORKING, phase == Phase.AWAITING_REST);
  }

  /** {@return whether a commit waits for the rest of what a sender's transaction emitted} */
  boolean awaitsRest() {
    return phase == Phase.AWAITING_REST;
  }

  /** Notes that a commit begins. */
  void commitBegins() {
    become(Phase.COMMITTING, phase == Phase.WORKING || phase == Phase.AWAITING_REST);
  }

  /** {@return whether a commit has begun and not ended} */
  boolean isCommitting() {
    return phase == Phase.COMMITTING || phase == Phase.UNDECIDED;
  }

  /** Notes that the outcome is Kafka's from here on. */
  void commitAsked() {
    become(Phase.UNDECIDED, phase == Phase.COMMITTING);
  }

  /** Notes that the transaction did not commit: the tasks have to start afresh. */
  void commitRefused() {
    become(Phase.COMMITTING, phase == Phase.UNDECIDED);
  }

  /** Notes that the transaction committed, and that rows and files are where they belong. */
  void settled() {
    become(Phase.WORKING, phase == Phase.UNDECIDED);
    sinkFails = false;
  }

  /**
   * {@return what became of the last transaction, as far as is known: sinks must not clean up what
   * may be committed}
   */
  Fate fate() {
    return phase == Phase.UNDECIDED ? Fate.UNKNOWN : Fate.ABORTED;
  }

  /** Notes that all tasks start afresh, so that no commit is pending any more. */
  void startsAfresh() {
    if (phase != Phase.SUSPENDED) {
      become(
          Phase.WORKING, phase == Phase.WORKING || phase == Phase.AWAITING_REST || isCommitting());
    }
  }

  // ------------------------------------------------------------------ its sinks

  /** Notes that work is suspended, after all tasks were made to start afresh. */
  void suspend() {
    become(Phase.SUSPENDED, phase == Phase.WORKING);
    sinkFails = true;
  }

  /** Notes that work goes on. */
  void resume() {
    become(Phase.WORKING, phase == Phase.SUSPENDED);
  }

  /** {@return whether work is suspended} */
  boolean isSuspended() {
    return phase == Phase.SUSPENDED;
  }

  /** {@return whether work is suspended, or was so and nothing has been committed since} */
  boolean sinkKeepsFailing() {
    return isSuspended() || sinkFails;
  }

  // ------------------------------------------------------------------ its end

  /** Asks the worker to stop. */
  void stop() {
    toStop = true;
  }

  /** {@return whether the worker was asked to stop} */
  boolean isToStop() {
    return toStop;
  }

  /** Notes that the worker leaves. */
  void leaves() {
    become(Phase.LEAVING, phase != Phase.GONE);
  }

  /** Notes that nothing is left of the worker. */
  void gone() {
    phase = Phase.GONE;
  }

  private void become(Phase next, boolean isAllowed) {
    if (!isAllowed) {
      throw new IllegalStateException("A worker cannot become " + next + " while it is " + phase);
    }
    phase = next;
  }
}
