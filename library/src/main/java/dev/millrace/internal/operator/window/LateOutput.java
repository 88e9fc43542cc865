package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.window.Late;
import java.time.Instant;

/**
 * The output for records that no open window takes: they are counted, and emitted to the late
 * output if the program has one.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class LateOutput {

  private final LateRecords counter;
  private final boolean written;
  private final Output output;

  LateOutput(WindowRules rules, OperatorContext context) {
    this.counter = context.late();
    this.written = rules.late().isPresent();
    this.output = rules.late().map(tag -> context.side(tag.name())).orElse(Output.NONE);
  }

  /** Takes an entry. A partial aggregate can only be counted: it no longer has its records. */
  void take(KeyedRecord record, Late.Reason reason) {
    counter.count(reason, record.weight());
    if (written && !record.isPartial()) {
      output.emit(
          new Late<>(record.value(), Instant.ofEpochMilli(record.timeMs()), reason),
          record.timeMs(),
          record.kind());
    }
  }

  /** Counts an entry that only some of its windows have taken. */
  void notePartly(KeyedRecord record) {
    counter.countPartly(record.weight());
  }

  /** Counts an entry between two windows. */
  void takeFromGap(KeyedRecord record) {
    counter.countInGap(record.weight());
  }
}
