package dev.millrace;

import dev.millrace.JoinedTables.Needs;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.JoinFunction3;
import dev.millrace.internal.plan.RowsFunction;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A join of three tables by their keys, as {@link TableJoin}. The function gets null for the row of
 * a table that has none, if the result does not need it.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys
 * @param <A> the rows of the first table
 * @param <B> the rows of the second table
 * @param <C> the rows of the third table
 */
public final class TableJoin3<K, A, B, C extends @Nullable Object> {

  private final JoinedTables tables;

  TableJoin3(JoinedTables tables) {
    this.tables = tables;
  }

  /**
   * {@return the join with one more table, which a result needs}
   *
   * @throws ConfigurationException if its keys are of another type
   */
  public <D> TableJoin4<K, A, B, C, D> join(Table<K, D> table) {
    return new TableJoin4<>(tables.with(Arguments.given("Cannot join", "table", table)));
  }

  /**
   * {@return the join with one more table, which may have no row for a key: the function gets null
   * then}
   *
   * @throws ConfigurationException if its keys are of another type
   */
  public <D> TableJoin4<K, A, B, C, @Nullable D> leftJoin(Table<K, D> table) {
    return new TableJoin4<>(tables.withOptional(Arguments.given("Cannot join", "table", table)));
  }

  /**
   * Sets how many tasks serve the join: the most that can ever work on it at the same time. Tables
   * whose rows lie in another number of tasks are shuffled.
   *
   * @param number 1 to 10,000
   */
  public TableJoin3<K, A, B, C> parallelism(int number) {
    return new TableJoin3<>(tables.parallel(number));
  }

  /**
   * {@return the rows of keys that all tables have, but for those that were added by {@code
   * leftJoin}, whose rows may be null}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> inner(
      JoinFunction3<? super A, ? super B, ? super C, ? extends T> function) {
    return joined(Needs.ALL, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> inner(
      Class<T> type, JoinFunction3<? super A, ? super B, ? super C, ? extends T> function) {
    return joined(Needs.ALL, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> inner(
      TypeRef<T> type, JoinFunction3<? super A, ? super B, ? super C, ? extends T> function) {
    return joined(Needs.ALL, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return the rows of all keys of the first table: the function gets null for others that have
   * no row}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> left(
      JoinFunction3<? super A, ? super @Nullable B, ? super @Nullable C, ? extends T> function) {
    return joined(Needs.FIRST, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> left(
      Class<T> type,
      JoinFunction3<? super A, ? super @Nullable B, ? super @Nullable C, ? extends T> function) {
    return joined(Needs.FIRST, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> left(
      TypeRef<T> type,
      JoinFunction3<? super A, ? super @Nullable B, ? super @Nullable C, ? extends T> function) {
    return joined(Needs.FIRST, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return the rows of the keys of any table: the function gets null for those that have no row}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> outer(
      JoinFunction3<? super @Nullable A, ? super @Nullable B, ? super @Nullable C, ? extends T>
          function) {
    return joined(Needs.ANY, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> outer(
      Class<T> type,
      JoinFunction3<? super @Nullable A, ? super @Nullable B, ? super @Nullable C, ? extends T>
          function) {
    return joined(Needs.ANY, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> outer(
      TypeRef<T> type,
      JoinFunction3<? super @Nullable A, ? super @Nullable B, ? super @Nullable C, ? extends T>
          function) {
    return joined(Needs.ANY, JoinedTables.stated(type).type(), function);
  }

  private Type inferred(JoinFunction3<?, ?, ?, ?> function) {
    return tables.inferred(
        Arguments.given("Cannot join", "function", function), JoinFunction3.class);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private <T> Table<K, T> joined(Needs needs, Type type, JoinFunction3<?, ?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    JoinFunction3<@Nullable Object, @Nullable Object, @Nullable Object, Object> typed =
        (JoinFunction3<@Nullable Object, @Nullable Object, @Nullable Object, Object>) function;
    RowsFunction ofRows =
        (List<@Nullable Object> rows) -> typed.join(rows.get(0), rows.get(1), rows.get(2));
    return tables.joined(needs, type, ofRows);
  }
}
