package dev.millrace.internal.operator;

import dev.millrace.internal.frame.FrameFormat;
import java.util.List;

/**
 * The destination of an operator's results: the next operator, a shuffle, or a sink.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
@FunctionalInterface
public interface Output {

  /** An output that drops everything. */
  Output NONE = (value, timeMs, kind) -> {};

  /**
   * Takes one value.
   *
   * @param value the value; must not be changed, since others may get the same object
   * @param timeMs its event time, milliseconds since the epoch
   * @param kind {@link FrameFormat#RECORD}, or the bits of {@link FrameFormat} that apply: {@link
   *     FrameFormat#RETRACTION} if an equal value that was emitted before no longer holds, {@link
   *     FrameFormat#TOO_FAR_AHEAD} if the time cannot be believed; never a partial aggregate
   */
  void emit(Object value, long timeMs, int kind);

  /** {@return one output for several} */
  static Output of(List<Output> outputs) {
    if (outputs.isEmpty()) {
      return NONE;
    }
    if (outputs.size() == 1) {
      return outputs.get(0);
    }
    Output[] all = outputs.toArray(new Output[0]);
    return (value, timeMs, kind) -> {
      for (Output output : all) {
        output.emit(value, timeMs, kind);
      }
    };
  }

  /**
   * Refuses a retraction where none may arrive; written as an addition it would be wrong output.
   *
   * @param step the step that cannot write one
   * @throws IllegalStateException for a retraction: a fault of the plan, to which no error policy
   *     for records applies
   */
  static void refuseRetraction(int kind, String step) {
    if ((kind & FrameFormat.RETRACTION) != 0) {
      throw new IllegalStateException(
          "Cannot write a retraction to '"
              + step
              + "': the sink takes additions only (kind "
              + kind
              + ")");
    }
  }
}
