package dev.millrace;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.type.Types;
import dev.millrace.table.Change;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/**
 * The types that the nodes of a plan have by now: of values, of keys, and of tables, whose nodes
 * have the type of their changes. What a function will make is for {@link FunctionTypes}.
 */
final class NodeTypes {

  private NodeTypes() {}

  /** {@return the type of a node's values, needed because they are about to become bytes} */
  static Type of(PlanBuilder plan, int id) {
    LogicalNode node = plan.node(id);
    return node.type()
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type that '"
                        + node.label()
                        + "' of job '"
                        + plan.job()
                        + "' returns: "
                        + UnseenType.remedy(plan, node)));
  }

  /** {@return the type of the keys that a keyBy makes} */
  static Type keyOf(PlanBuilder plan, int id) {
    return ((Operation.KeyBy) plan.node(id).operation()).keyType();
  }

  /** {@return the type of the changes of a table} */
  static Type ofChanges(Type keyType, Type rowType) {
    return Types.parameterized(Change.class, keyType, rowType);
  }

  /** {@return the type of a table's keys} */
  static Type keyOfTable(PlanBuilder plan, int id) {
    return ofTable(plan, id)[0];
  }

  /** {@return the type of a table's rows} */
  static Type rowOfTable(PlanBuilder plan, int id) {
    return ofTable(plan, id)[1];
  }

  private static Type[] ofTable(PlanBuilder plan, int id) {
    return ((ParameterizedType) plan.node(id).type().orElseThrow()).getActualTypeArguments();
  }
}
