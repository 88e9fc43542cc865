package dev.millrace;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.MapFunction;
import dev.millrace.function.RowFunction;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.internal.type.Types;
import dev.millrace.table.Change;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/** The types of tables, whose nodes have that of their changes. */
final class TableTypes {

  private TableTypes() {}

  /** {@return the type of the changes of a table} */
  static Type change(Type keyType, Type rowType) {
    return Types.parameterized(Change.class, keyType, rowType);
  }

  /** {@return the type of a table's keys} */
  static Type keyOf(PlanBuilder plan, int id) {
    return arguments(plan, id)[0];
  }

  /** {@return the type of a table's rows} */
  static Type rowOf(PlanBuilder plan, int id) {
    return arguments(plan, id)[1];
  }

  private static Type[] arguments(PlanBuilder plan, int id) {
    return ((ParameterizedType) plan.node(id).type().orElseThrow()).getActualTypeArguments();
  }

  /** {@return the type of what a function makes of a table's rows and their keys} */
  static Type resultOf(PlanBuilder plan, int id, RowFunction<?, ?, ?> function) {
    return TypeInference.resultOf(function, RowFunction.class, 2, keyOf(plan, id), rowOf(plan, id))
        .orElseThrow(() -> unseen(plan.node(id), "map"));
  }

  /** {@return the type of what a function makes of a table's rows} */
  static Type resultOf(PlanBuilder plan, int id, MapFunction<?, ?> function) {
    return TypeInference.resultOf(function, MapFunction.class, 1, rowOf(plan, id))
        .orElseThrow(() -> unseen(plan.node(id), "mapValues"));
  }

  /** {@return the type of the groups that a function puts a table's rows in} */
  static Type groupOf(PlanBuilder plan, int id, RowFunction<?, ?, ?> group) {
    return TypeInference.resultOf(group, RowFunction.class, 2, keyOf(plan, id), rowOf(plan, id))
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type of the groups of table '"
                        + plan.node(id).label()
                        + "': the lambda does not show it. Write groupBy(TheGroup.class, ...), where"
                        + " the group is a number, a text, or a record of such"));
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
