package dev.millrace.internal.plan;

import dev.millrace.output.OutputTag;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * The input of a step that gets its records in the order of their event times.
 *
 * @param valueType the type of the records, which are kept until it is their turn
 * @param late where late records go, besides being counted
 */
public record SortedInput(Type valueType, Optional<OutputTag<?>> late) {

  /** {@return the same with late records going to a side output} */
  public SortedInput lateTo(OutputTag<?> tag) {
    return new SortedInput(valueType, Optional.of(tag));
  }
}
