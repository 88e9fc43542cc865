package dev.millrace.internal.sim;

/** The fault of a producer's commit of its transaction. */
public enum CommitFault {
  /** Nothing. */
  NONE,
  /** The coordinator asks for an abort, which then works. */
  REFUSED,
  /** It commits, and the answer comes at the second asking only. */
  LATE_ANSWER,
  /** It commits, and the answer is lost: the producer learns only that something failed. */
  COMMITTED_UNKNOWN,
  /** It does not commit, and the producer cannot distinguish that from the case before. */
  ABORTED_UNKNOWN,
  /** The process dies with the transaction open. */
  DEATH_BEFORE,
  /** The process dies right after the transaction has committed. */
  DEATH_AFTER
}
