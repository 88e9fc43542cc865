package dev.millrace;

import dev.millrace.internal.plan.BroadcastLookup;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.StatelessOperation;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.type.TypeInference;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The line to write where a lambda does not show the type of its results.
 *
 * <p>A lambda keeps the class of what it returns, but no type arguments: of a {@code
 * Map.Entry<Word, Long>} a {@code Map.Entry} is left. They are filled in from what is known to be
 * there, as an example: if they are wrong, {@code returns} does not compile.
 */
final class UnseenType {

  private UnseenType() {}

  /** {@return why the type of a step's results is not known, and what to write} */
  static String remedy(PlanBuilder plan, LogicalNode node) {
    String verb = verb(node.operation());
    if (node.operation() instanceof StatelessOperation.Map map) {
      Optional<Class<?>> seen =
          TypeInference.erasedResultOf(map.function())
              .filter(result -> result.getTypeParameters().length > 0);
      if (seen.isPresent()) {
        String name = name(seen.get());
        return "a lambda shows that it is a "
            + name
            + ", but not of what. State it after the step, for example "
            + verb
            + "(...).returns(new TypeRef<"
            + name
            + "<"
            + arguments(seen.get(), input(plan, node))
            + ">>() {})";
      }
    }
    return "the lambda does not show it. Write "
        + verb
        + "(TheType.class, ...), or "
        + verb
        + "(...).returns(new TypeRef<TheType<ItsArgument>>() {}) if it has type arguments";
  }

  private static String verb(Operation operation) {
    if (operation instanceof KeyedOperation.StreamJoin join) {
      return join.kind().verb();
    }
    if (operation instanceof TableLookup lookup) {
      return lookup.kind().verb();
    }
    if (operation instanceof BroadcastLookup lookup) {
      return lookup.kind().verb();
    }
    if (operation instanceof CoGroup) {
      return "apply";
    }
    return operation.verb().replace("flat-map", "flatMap").replace("map-async", "mapAsync");
  }

  private static Optional<Type> input(PlanBuilder plan, LogicalNode node) {
    return node.inputs().stream().findFirst().flatMap(input -> plan.node(input).type());
  }

  /** The first argument is taken to be the step's input, others to be numbers. */
  private static String arguments(Class<?> result, Optional<Type> input) {
    String first =
        input
            .filter(type -> type instanceof Class<?>)
            .map(type -> name((Class<?>) type))
            .orElse("String");
    List<String> arguments =
        IntStream.range(0, result.getTypeParameters().length)
            .mapToObj(i -> i == 0 ? first : "Long")
            .toList();
    return arguments.stream().collect(Collectors.joining(", "));
  }

  /** The name as it is written where the class, or the one around it, is imported. */
  private static String name(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return outer == null ? type.getSimpleName() : name(outer) + "." + type.getSimpleName();
  }
}
