package dev.millrace;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.JoinFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.RowFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.internal.util.Arguments;
import dev.millrace.window.CoGroupFunction;
import dev.millrace.window.WindowFunction;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The types of what a program's functions make, as far as a lambda shows it. Steps may do without
 * for a while, since {@code returns} can follow; keys and rows of tables cannot, and the message
 * shows how to state the type.
 */
final class FunctionTypes {

  private FunctionTypes() {}

  // ------------------------------------------------------------------ streams

  /** {@return the type of a one-argument function's results, if the lambda shows it} */
  static Optional<Type> resultOf(Serializable function, Class<?> shape, Optional<Type> input) {
    return TypeInference.resultOf(function, shape, 1, input.orElse(null));
  }

  /**
   * {@return the type of what a function makes of pairs of values, if the lambda shows it}
   *
   * @param left the type of the left values; null if it is not known, which the lambda may not need
   */
  static Optional<Type> ofPairs(JoinFunction<?, ?, ?> function, @Nullable Type left, Type right) {
    Arguments.given("Cannot join", "function", function);
    return TypeInference.resultOf(function, JoinFunction.class, 2, left, right);
  }

  /** {@return the type of what a join makes, as the program states it} */
  static Optional<Type> statedOfPairs(Class<?> type) {
    return Optional.of(Arguments.given("Cannot join", "type", type));
  }

  /** {@return the type of what a function makes of groups of two streams, if it shows it} */
  static Optional<Type> ofGroups(
      CoGroupFunction<?, ?, ?, ?> function, Type keyType, Type left, Type right) {
    Arguments.given("Cannot co-group", "function", function);
    return TypeInference.resultOf(function, CoGroupFunction.class, 3, keyType, left, right);
  }

  /** {@return the type of what a function makes of the results of windows} */
  static Type ofWindows(WindowFunction<?, ?, ?> function, Type keyType, Type resultType) {
    return TypeInference.resultOf(function, WindowFunction.class, 2, keyType, resultType)
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type that the function of a window returns: the lambda"
                        + " does not show it. Write aggregate(TheType.class, ...)"));
  }

  /**
   * {@return the type of the keys that a function makes of a stream's values}
   *
   * @param verb the method that the program has called
   */
  static Type keyOf(PlanBuilder plan, int id, KeyFunction<?, ?> key, String verb) {
    LogicalNode node = plan.node(id);
    return resultOf(key, KeyFunction.class, node.type())
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type of the key after '"
                        + node.label()
                        + "': the lambda does not show it. Write "
                        + verb
                        + "(TheKey.class, ...), where the key is a"
                        + " number, a text, or a record of such"));
  }

  // ------------------------------------------------------------------ tables

  /** {@return the type of the rows that a function makes of a keyed stream's values} */
  static Type newestOf(PlanBuilder plan, int id, UpsertFunction<?, ?> row) {
    return resultOf(row, UpsertFunction.class, plan.node(id).type())
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type of the rows of a table of job '"
                        + plan.job()
                        + "': the lambda does not show it. Write keyBy(...).latest(TheRow.class,"
                        + " ...), or keyBy(...).latest(new TypeRef<TheRow<ItsArgument>>() {}, ...)"
                        + " if it has type arguments"));
  }

  /** {@return the type of what a function makes of a table's rows and their keys} */
  static Type mappedOf(PlanBuilder plan, int id, RowFunction<?, ?, ?> function) {
    return ofKeysAndRows(plan, id, function).orElseThrow(() -> unseen(plan.node(id), "map"));
  }

  /** {@return the type of what a function makes of a table's rows} */
  static Type mappedOf(PlanBuilder plan, int id, MapFunction<?, ?> function) {
    return resultOf(function, MapFunction.class, Optional.of(NodeTypes.rowOfTable(plan, id)))
        .orElseThrow(() -> unseen(plan.node(id), "mapValues"));
  }

  /** {@return the type of the groups that a function puts a table's rows in} */
  static Type groupOf(PlanBuilder plan, int id, RowFunction<?, ?, ?> group) {
    return ofKeysAndRows(plan, id, group)
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type of the groups of table '"
                        + plan.node(id).label()
                        + "': the lambda does not show it. Write groupBy(TheGroup.class, ...), where"
                        + " the group is a number, a text, or a record of such"));
  }

  private static Optional<Type> ofKeysAndRows(
      PlanBuilder plan, int id, RowFunction<?, ?, ?> function) {
    return TypeInference.resultOf(
        function,
        RowFunction.class,
        2,
        NodeTypes.keyOfTable(plan, id),
        NodeTypes.rowOfTable(plan, id));
  }

  /**
   * {@return the type of what a function makes of a row of each of several tables}
   *
   * @param functionalInterface its interface, whose last type parameter is that of the result
   * @param first the first of the tables
   */
  static Type joinedOf(
      LogicalNode first, Serializable function, Class<?> functionalInterface, Type... rows) {
    return TypeInference.resultOf(function, functionalInterface, rows.length, rows)
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type of the rows that a join makes of table '"
                        + first.label()
                        + "': the lambda does not show it. Name it in front of the function, such as"
                        + " inner(TheType.class, ...), or with a TypeRef if it has type"
                        + " arguments"));
  }

  private static TypeInferenceException unseen(LogicalNode table, String verb) {
    return new TypeInferenceException(
        "Cannot infer the type of the rows that "
            + verb
            + " makes of table '"
            + table.label()
            + "': the lambda does not show it. Write "
            + verb
            + "(TheType.class, ...), or "
            + verb
            + "(new TypeRef<TheType<ItsArgument>>() {}, ...) if it has type arguments");
  }
}
