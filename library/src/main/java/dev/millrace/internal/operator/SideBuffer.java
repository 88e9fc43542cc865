package dev.millrace.internal.operator;

import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputs;
import java.util.ArrayList;
import java.util.HashMap;
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

  /** A side output, with the tag that the operator was given for it. */
  private record Side(OutputTag<?> tag, Output output) {}

  private final Map<String, Side> sides = new HashMap<>();
  private final List<Written> written = new ArrayList<>();
  private boolean isOpen;

  /** Creates an empty buffer in front of the outputs of tags. */
  public SideBuffer(Map<OutputTag<?>, Output> outputs) {
    outputs.forEach((tag, output) -> sides.put(tag.name(), new Side(tag, output)));
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
    Side side = sides.get(tag.name());
    if (side == null || !side.tag().equals(tag)) {
      throw new IllegalArgumentException(
          "Cannot write to side output '"
              + tag.name()
              + "': the operator was not given this tag"
              + (side == null
                  ? ""
                  : ", but one of another type (" + side.tag().type() + ", not " + tag.type() + ")")
              + ". Name it where the operator is made");
    }
    if (value == null) {
      throw new NullPointerException("side output '" + tag.name() + "' was given null");
    }
    written.add(new Written(side.output(), value));
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
