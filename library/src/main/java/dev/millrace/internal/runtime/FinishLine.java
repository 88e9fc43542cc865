package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.Sender;

/** The place at which finished tasks are announced. */
public interface FinishLine {

  /** Adds the announcement that a task has finished to the open transaction. */
  void announce(Sender sender, String stage, int task);
}
