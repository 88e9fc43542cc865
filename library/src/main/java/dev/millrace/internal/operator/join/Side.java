package dev.millrace.internal.operator.join;

import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.JoinHead;
import dev.millrace.internal.plan.TwoStreams;

/**
 * One side of an operator that brings the records of two streams together.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 *
 * @param input the number of the input that it gets its records from
 * @param buffer those that wait
 * @param late the output for those that are late
 */
record Side(int input, Buffer buffer, LateOutput late) {

  boolean isLeft() {
    return input == TwoStreams.LEFT;
  }

  JoinFirst first(JoinHead head) {
    return isLeft() ? head.left() : head.right();
  }

  JoinHead with(JoinHead head, JoinFirst first) {
    return isLeft() ? new JoinHead(first, head.right()) : new JoinHead(head.left(), first);
  }
}
