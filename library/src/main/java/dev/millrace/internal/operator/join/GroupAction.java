package dev.millrace.internal.operator.join;

import dev.millrace.internal.plan.CoGroupHead;

/**
 * The action on the records of a window that is final.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
interface GroupAction {

  /**
   * Emits the results of the first window of a key.
   *
   * @param head the head of the key, whose window is firing
   * @return the head with its window fired; still firing if the transaction is full, to be called
   *     again after the commit
   */
  CoGroupHead fire(JoinPlace place, CoGroupHead head);
}
