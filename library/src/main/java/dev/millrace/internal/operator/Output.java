package dev.millrace.internal.operator;

/**
 * The destination of an operator's results: the next operator, a shuffle, or a sink.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
@FunctionalInterface
public interface Output {

  /** An output that drops everything. */
  Output NONE = (value, timeMs) -> {};

  /**
   * Takes one value.
   *
   * @param value the value; must not be changed, since others may get the same object
   * @param timeMs its event time, milliseconds since the epoch
   */
  void emit(Object value, long timeMs);

  /** {@return one output for several} */
  static Output of(java.util.List<Output> outputs) {
    if (outputs.isEmpty()) {
      return NONE;
    }
    if (outputs.size() == 1) {
      return outputs.get(0);
    }
    Output[] all = outputs.toArray(new Output[0]);
    return (value, timeMs) -> {
      for (Output output : all) {
        output.emit(value, timeMs);
      }
    };
  }
}
