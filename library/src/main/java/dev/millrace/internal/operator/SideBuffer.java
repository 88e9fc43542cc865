package dev.millrace.internal.operator;

import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A buffer that holds a function's values for side outputs until the function has succeeded, and
 * takes none between its calls.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class SideBuffer implements SideOutputs {

  private record Written(Output to, Object value) {}

  private final Map<String, Output> sides;
  private final List<Written> written = new ArrayList<>();
  private boolean isOpen;

  /** Creates an empty buffer in front of the outputs, by the names of their tags. */
  public SideBuffer(Map<String, Output> sides) {
    this.sides = Map.copyOf(sides);
  }

  /** Begins an attempt, with nothing written. */
  public void begin() {
    written.clear();
    isOpen = true;
  }

  /** Ends the call: the function cannot write any more. */
  public void end() {
    isOpen = false;
  }

  @Override
  public <T> void emit(OutputTag<T> tag, T value) {
    if (!isOpen) {
      throw new IllegalStateException(
          "Cannot write to side output '"
              + tag.name()
              + "': the call of the function is over. Use the side outputs inside of the call only");
    }
    Output to = sides.get(tag.name());
    if (to == null) {
      throw new IllegalArgumentException(
          "Cannot write to side output '"
              + tag.name()
              + "': the operator was not given this tag. Name it where the operator is made");
    }
    if (value == null) {
      throw new NullPointerException("side output '" + tag.name() + "' was given null");
    }
    written.add(new Written(to, value));
  }

  /** Passes the buffered values on, all with the same time and kind. */
  public void passOn(long timeMs, int kind) {
    for (int i = 0; i < written.size(); i++) {
      written.get(i).to().emit(written.get(i).value(), timeMs, kind);
    }
  }

  /** Drops the buffered values. */
  public void clear() {
    written.clear();
  }
}
