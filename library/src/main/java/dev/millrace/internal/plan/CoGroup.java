package dev.millrace.internal.plan;

import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.window.CoGroupFunction;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * A function of the records that two streams have of a key in a window.
 *
 * @param window what the records are grouped by besides their keys
 * @param leftType the type of the left records, which are kept until their windows are final
 * @param rightType the type of the right ones
 * @param lateLeft where late records of the left go, besides being counted
 * @param lateRight where those of the right go
 */
public record CoGroup(
    WindowKind window,
    CoGroupFunction<?, ?, ?, ?> function,
    Type leftType,
    Type rightType,
    Optional<OutputTag<?>> lateLeft,
    Optional<OutputTag<?>> lateRight)
    implements TwoStreams {

  @Override
  public String verb() {
    return "co-group";
  }
}
