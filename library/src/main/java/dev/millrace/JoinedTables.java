package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.JoinSide;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.RowsFunction;
import dev.millrace.internal.util.Arguments;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Tables that are to be joined by their keys, and which of them a result needs. */
record JoinedTables(PlanBuilder plan, List<Side> sides, OptionalInt tasks) {

  /** One of the tables. */
  record Side(Table<?, ?> table, boolean isOptional) {}

  /** The tables that a result needs. */
  enum Needs {
    /** All but those that are optional in any case. */
    ALL,
    /** The first. */
    FIRST,
    /** The last. */
    LAST,
    /** Any one of them. */
    ANY
  }

  JoinedTables {
    sides = List.copyOf(sides);
  }

  static JoinedTables of(Table<?, ?> left, Table<?, ?> right) {
    return new JoinedTables(left.plan(), List.of(new Side(left, false)), OptionalInt.empty())
        .with(right);
  }

  /** {@return these and a table that results need} */
  JoinedTables with(Table<?, ?> table) {
    return with(table, false);
  }

  /** {@return these and a table whose row is null where it has none} */
  JoinedTables withOptional(Table<?, ?> table) {
    return with(table, true);
  }

  private JoinedTables with(Table<?, ?> table, boolean isOptional) {
    checkSameJob(plan, table.plan());
    Type keyType = keyType();
    Type other = table.keyType();
    if (!keyType.equals(other)) {
      throw new ConfigurationException(
          "Cannot join tables by keys of different types ("
              + keyType.getTypeName()
              + ", "
              + other.getTypeName()
              + "): equal ones would not meet. Give the keyBy(...) that they come from the same"
              + " type");
    }
    List<Side> more = new ArrayList<>(sides);
    more.add(new Side(table, isOptional));
    return new JoinedTables(plan, more, tasks);
  }

  /** {@return the same tables, whose join is served by a number of tasks} */
  JoinedTables parallel(int newTasks) {
    StepChecks.checkParallelism(newTasks);
    return new JoinedTables(plan, sides, OptionalInt.of(newTasks));
  }

  private Type keyType() {
    return sides.get(0).table().keyType();
  }

  /**
   * {@return the type of what the program's function makes of a row of each table}
   *
   * @param functionalInterface its interface, whose last type parameter is that of the result
   */
  Type inferred(Serializable function, Class<?> functionalInterface) {
    Type[] rows = sides.stream().map(side -> side.table().rowType()).toArray(Type[]::new);
    LogicalNode first = plan.node(sides.get(0).table().id());
    return FunctionTypes.joinedOf(first, function, functionalInterface, rows);
  }

  /** {@return a type that the program states} */
  static <T> T stated(T type) {
    return Arguments.given("Cannot join", "type", type);
  }

  static void checkSameJob(PlanBuilder left, PlanBuilder right) {
    if (left != right) {
      throw new ConfigurationException(
          "Cannot join tables: they belong to different jobs ("
              + left.job()
              + ", "
              + right.job()
              + "). Build all of them from one Job");
    }
  }

  /** {@return the table of the function's results} */
  <K, T> Table<K, T> joined(Needs needs, Type resultType, RowsFunction function) {
    Map<Integer, Integer> keyBys = new HashMap<>();
    List<Integer> inputs = new ArrayList<>();
    List<JoinSide> joinSides = new ArrayList<>();
    for (int i = 0; i < sides.size(); i++) {
      Table<?, ?> table = sides.get(i).table();
      joinSides.add(new JoinSide(table.rowType(), isNeeded(needs, i)));
      // A table that is joined with itself comes in once.
      inputs.add(keyBys.computeIfAbsent(table.id(), id -> keyBy(table)));
    }
    Operation join = new KeyedOperation.TableJoin(joinSides, function);
    Type change = NodeTypes.ofChanges(keyType(), resultType);
    return new Table<>(plan, plan.add(join, inputs, Optional.of(change)));
  }

  private boolean isNeeded(Needs needs, int side) {
    return switch (needs) {
      case ALL -> !sides.get(side).isOptional();
      case FIRST -> side == 0;
      case LAST -> side == sides.size() - 1;
      case ANY -> false;
    };
  }

  private int keyBy(Table<?, ?> table) {
    int id = table.byKey();
    tasks.ifPresent(number -> plan.change(id, node -> node.parallel(number)));
    return id;
  }
}
