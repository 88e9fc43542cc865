package dev.millrace.internal.plan;

import dev.millrace.function.KeyFunction;
import dev.millrace.output.OutputTag;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A step that brings the records of two streams together by key; its inputs are the left and the
 * right one.
 */
public sealed interface TwoStreams extends KeyedOperation
    permits KeyedOperation.StreamJoin, CoGroup {

  /** The number of the left input. */
  int LEFT = 0;

  /** {@return the type of the left records, which are kept for a while} */
  Type leftType();

  /** {@return the type of the right ones} */
  Type rightType();

  /** {@return where late records of the left go, besides being counted} */
  Optional<OutputTag<?>> lateLeft();

  /** {@return where late records of the right go} */
  Optional<OutputTag<?>> lateRight();

  @Override
  default String inputName(int input) {
    return input == LEFT ? "left" : "right";
  }

  @Override
  default List<OutputTag<?>> sideOutputs() {
    return Stream.concat(lateLeft().stream(), lateRight().stream())
        .<OutputTag<?>>map(tag -> tag)
        .distinct()
        .toList();
  }

  @Override
  default Optional<KeyFunction<?, ?>> keyOfResults() {
    return Optional.empty();
  }
}
