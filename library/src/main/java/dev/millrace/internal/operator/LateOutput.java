package dev.millrace.internal.operator;

import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.output.OutputTag;
import dev.millrace.window.Late;
import java.time.Instant;
import java.util.Optional;

/**
 * The output for records that come too late for an operator: they are counted, and emitted to the
 * late output if the program has one.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class LateOutput {

  private final LateRecords counter;
  private final boolean written;
  private final Output output;

  /**
   * Creates the output of one input.
   *
   * @param tag the side output for late records, if the program has named one
   */
  public LateOutput(Optional<OutputTag<?>> tag, OperatorContext context) {
    this.counter = context.late();
    this.written = tag.isPresent();
    this.output = tag.map(named -> context.side(named.name())).orElse(Output.NONE);
  }

  /** Takes a record that had come in time, and that the caller counts. */
  public void drop(Object value, long timeMs, Late.Reason reason) {
    if (written) {
      output.emit(
          new Late<>(value, Instant.ofEpochMilli(timeMs), reason), timeMs, FrameFormat.RECORD);
    }
  }

  /** Takes an entry. A partial aggregate can only be counted: it no longer has its records. */
  public void take(KeyedRecord record, Late.Reason reason) {
    counter.count(reason, record.weight());
    if (written && !record.isPartial()) {
      output.emit(
          new Late<>(record.value(), Instant.ofEpochMilli(record.timeMs()), reason),
          record.timeMs(),
          record.kind());
    }
  }

  /** Counts an entry that has missed some of what it belongs to, and is taken all the same. */
  public void notePartly(KeyedRecord record) {
    counter.countPartly(record.weight());
  }

  /** Counts an entry between two windows. */
  public void takeFromGap(KeyedRecord record) {
    counter.countInGap(record.weight());
  }
}
