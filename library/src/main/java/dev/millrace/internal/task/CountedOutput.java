package dev.millrace.internal.task;

import dev.millrace.internal.operator.Output;
import dev.millrace.internal.stage.Counter;

/**
 * The way from one operator to others, which counts what passes.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class CountedOutput implements Output {

  private final Counter passed;
  private final Output next;

  CountedOutput(Counter passed, Output next) {
    this.passed = passed;
    this.next = next;
  }

  @Override
  public void emit(Object value, long timeMs, int kind) {
    passed.add(1);
    next.emit(value, timeMs, kind);
  }
}
