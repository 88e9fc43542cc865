package dev.millrace.testkit;

import dev.millrace.internal.sim.CommitFault;

/** The failures that a worker may meet when it commits. */
public enum CommitFailure {
  /** Kafka refuses, the transaction is aborted, and the worker repeats it. */
  ABORTED(CommitFault.REFUSED),

  /** The transaction commits, and the worker learns it only when it asks again. */
  ANSWER_LATE(CommitFault.LATE_ANSWER),

  /** The transaction commits, but the worker cannot know: the answer was lost. */
  UNKNOWN_COMMITTED(CommitFault.COMMITTED_UNKNOWN),

  /** The transaction does not commit, and the worker cannot know that either. */
  UNKNOWN_ABORTED(CommitFault.ABORTED_UNKNOWN),

  /** The instance is killed with the transaction open, and started again. */
  KILLED_BEFORE(CommitFault.DEATH_BEFORE),

  /** The instance is killed right after the transaction committed, and started again. */
  KILLED_AFTER(CommitFault.DEATH_AFTER);

  private final CommitFault fault;

  CommitFailure(CommitFault fault) {
    this.fault = fault;
  }

  CommitFault fault() {
    return fault;
  }
}
