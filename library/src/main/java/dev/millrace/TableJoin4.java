package dev.millrace;

import dev.millrace.JoinedTables.Needs;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.JoinFunction4;
import dev.millrace.internal.plan.RowsFunction;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A join of four tables by their keys, as {@link TableJoin}. The function gets null for the row of
 * a table that has none, if the result does not need it.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys
 * @param <A> the rows of the first table
 * @param <B> the rows of the second table
 * @param <C> the rows of the third table
 * @param <D> the rows of the fourth table
 */
public final class TableJoin4<K, A, B, C extends @Nullable Object, D extends @Nullable Object> {

  private final JoinedTables tables;

  TableJoin4(JoinedTables tables) {
    this.tables = tables;
  }

  /**
   * Sets how many tasks serve the join: the most that can ever work on it at the same time. Tables
   * whose rows lie in another number of tasks are shuffled.
   *
   * @param number 1 to 10,000
   */
  public TableJoin4<K, A, B, C, D> parallelism(int number) {
    return new TableJoin4<>(tables.parallel(number));
  }

  /**
   * {@return the rows of keys that all tables have, but for those that were added by {@code
   * leftJoin}, whose rows may be null}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> inner(
      JoinFunction4<? super A, ? super B, ? super C, ? super D, ? extends T> function) {
    return joined(Needs.ALL, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> inner(
      Class<T> type,
      JoinFunction4<? super A, ? super B, ? super C, ? super D, ? extends T> function) {
    return joined(Needs.ALL, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> inner(
      TypeRef<T> type,
      JoinFunction4<? super A, ? super B, ? super C, ? super D, ? extends T> function) {
    return joined(Needs.ALL, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return the rows of all keys of the first table: the function gets null for others that have
   * no row}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> left(
      JoinFunction4<
              ? super A, ? super @Nullable B, ? super @Nullable C, ? super @Nullable D, ? extends T>
          function) {
    return joined(Needs.FIRST, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> left(
      Class<T> type,
      JoinFunction4<
              ? super A, ? super @Nullable B, ? super @Nullable C, ? super @Nullable D, ? extends T>
          function) {
    return joined(Needs.FIRST, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> left(
      TypeRef<T> type,
      JoinFunction4<
              ? super A, ? super @Nullable B, ? super @Nullable C, ? super @Nullable D, ? extends T>
          function) {
    return joined(Needs.FIRST, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return the rows of the keys of any table: the function gets null for those that have no row}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> outer(
      JoinFunction4<
              ? super @Nullable A,
              ? super @Nullable B,
              ? super @Nullable C,
              ? super @Nullable D,
              ? extends T>
          function) {
    return joined(Needs.ANY, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> outer(
      Class<T> type,
      JoinFunction4<
              ? super @Nullable A,
              ? super @Nullable B,
              ? super @Nullable C,
              ? super @Nullable D,
              ? extends T>
          function) {
    return joined(Needs.ANY, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> outer(
      TypeRef<T> type,
      JoinFunction4<
              ? super @Nullable A,
              ? super @Nullable B,
              ? super @Nullable C,
              ? super @Nullable D,
              ? extends T>
          function) {
    return joined(Needs.ANY, JoinedTables.stated(type).type(), function);
  }

  private Type inferred(JoinFunction4<?, ?, ?, ?, ?> function) {
    return tables.inferred(
        Arguments.given("Cannot join", "function", function), JoinFunction4.class);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private <T> Table<K, T> joined(Needs needs, Type type, JoinFunction4<?, ?, ?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    JoinFunction4<@Nullable Object, @Nullable Object, @Nullable Object, @Nullable Object, Object>
        typed =
            (JoinFunction4<
                    @Nullable Object, @Nullable Object, @Nullable Object, @Nullable Object, Object>)
                function;
    RowsFunction ofRows =
        (List<@Nullable Object> rows) ->
            typed.join(rows.get(0), rows.get(1), rows.get(2), rows.get(3));
    return tables.joined(needs, type, ofRows);
  }
}
