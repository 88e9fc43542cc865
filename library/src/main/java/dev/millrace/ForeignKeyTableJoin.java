package dev.millrace;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscribing;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscription;
import dev.millrace.internal.plan.ForeignKeyJoin.VersionedResult;
import dev.millrace.internal.plan.ForeignKeyJoin.Way;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A join of a table with the one that its rows refer to, whose kind is still to be named. Its
 * result is a table by the keys of the first one.
 *
 * <p><b>Contract.</b> A row of the result follows its left row and the right row that this one
 * refers to; it changes with either, and when the left row refers to another one. In between it
 * stays as it was: it is never without a right row that has been there all the time, and never goes
 * back to an older left row. Many left rows may refer to one right row; a change of that row
 * reaches all of them, in several transactions if they are many.
 *
 * <pre>{@code
 * Table<String, Staff> staff =
 *     employees.onForeignKey(Employee::departmentId).join(departments).left(Staff::new);
 * }</pre>
 *
 * <p><b>Time.</b> A change has the larger of the event times of both rows, and does not go back
 * while the row of the result is there.
 *
 * <p><b>State.</b> The rows of both tables at the foreign keys, the foreign keys at the left keys,
 * and the results, by left key. A left row travels to its foreign key, and the result back.
 *
 * <p><b>Errors.</b> The error policy of the result decides about a left row whose foreign key
 * function fails, and about a pair on which the function fails: if it drops them, the result has no
 * row, and a dead letter has both rows. There is no row either where a left row or a result is too
 * large to be sent; about that the error policy of the job decides.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys of the left table, and of the result
 * @param <L> the left rows
 * @param <R> the right rows
 */
public final class ForeignKeyTableJoin<K, L, R> {

  private final PlanBuilder plan;
  private final Table<K, L> left;
  private final ForeignKeyFunction<? super L, ?> foreignKey;
  private final Table<?, R> right;
  private final OptionalInt tasks;

  ForeignKeyTableJoin(
      Table<K, L> left, ForeignKeyFunction<? super L, ?> foreignKey, Table<?, R> right) {
    this(left, foreignKey, right, OptionalInt.empty());
  }

  private ForeignKeyTableJoin(
      Table<K, L> left,
      ForeignKeyFunction<? super L, ?> foreignKey,
      Table<?, R> right,
      OptionalInt tasks) {
    this.plan = left.plan();
    this.left = left;
    this.foreignKey = foreignKey;
    this.right = right;
    this.tasks = tasks;
  }

  /**
   * Sets how many tasks serve the join, at the foreign keys and at the results: the most that can
   * ever work on it at the same time. A right table with another number of tasks is shuffled.
   *
   * @param number 1 to 10,000
   */
  public ForeignKeyTableJoin<K, L, R> parallelism(int number) {
    StepChecks.checkParallelism(number);
    return new ForeignKeyTableJoin<>(left, foreignKey, right, OptionalInt.of(number));
  }

  /**
   * {@return the rows that refer to a right row that is there}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> inner(JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(JoinKind.INNER, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> inner(
      Class<T> type, JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(JoinKind.INNER, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> inner(
      TypeRef<T> type, JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(JoinKind.INNER, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return all left rows: the function gets null for the right where there is none, or none is
   * referred to}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> left(JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.LEFT, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> left(
      Class<T> type, JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.LEFT, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> left(
      TypeRef<T> type, JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.LEFT, JoinedTables.stated(type).type(), function);
  }

  private Type inferred(JoinFunction<?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    return FunctionTypes.joinedOf(
        plan.node(left.id()), function, JoinFunction.class, left.rowType(), right.rowType());
  }

  private <T> Table<K, T> joined(JoinKind kind, Type resultType, JoinFunction<?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    Type keyType = left.keyType();
    Type leftType = left.rowType();
    Type foreignKeyType = right.keyType();
    Type rightType = right.rowType();

    int rows = left.byKey();
    int keys =
        plan.add(
            new ForeignKeyJoin.Left(kind, foreignKey, function, keyType, foreignKeyType),
            List.of(rows),
            Optional.of(Subscribing.class));
    Type subscription = Types.parameterized(Subscription.class, keyType, leftType);
    int subscriptions = spread(keyBy(Way.TO_FOREIGN_KEY, foreignKeyType, keys, subscription));

    int others = spread(right.byKey());
    int pairs =
        plan.add(
            new ForeignKeyJoin.Right(kind, function, foreignKeyType, keyType, leftType, rightType),
            List.of(others, subscriptions),
            Optional.of(Answer.class));

    int direct =
        plan.add(
            new Operation.SideOutput(ForeignKeyJoin.DIRECT),
            List.of(keys),
            Optional.of(Answer.class));
    Type result = Types.parameterized(VersionedResult.class, resultType);
    int results = spread(keyBy(Way.TO_KEY, keyType, pairs, result));
    int directs = spread(keyBy(Way.TO_KEY, keyType, direct, result));
    return new Table<>(
        plan,
        plan.add(
            new ForeignKeyJoin.Result(keyType, resultType, keys, pairs),
            List.of(results, directs),
            Optional.of(NodeTypes.ofChanges(keyType, resultType))));
  }

  private int keyBy(KeyFunction<?, ?> key, Type keyType, int input, Type carried) {
    return plan.add(new Operation.KeyBy(key, keyType), List.of(input), Optional.of(carried));
  }

  /** Has the number of tasks that is asked for serve what comes by a key. */
  private int spread(int keyBy) {
    tasks.ifPresent(number -> plan.change(keyBy, node -> node.parallel(number)));
    return keyBy;
  }
}
