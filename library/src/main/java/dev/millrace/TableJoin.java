package dev.millrace;

import dev.millrace.JoinedTables.Needs;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.RowsFunction;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A join of tables by their keys, whose kind is still to be named. Its result is a table by the
 * same keys, which changes with any of them.
 *
 * <p><b>Contract.</b> Where the tables have rows for a key, the function makes one row of them; it
 * has to be deterministic. A key changes at most once per commit, however many of its tables have
 * changed, and not at all if the result is equal to the one before: nothing is emitted twice, or
 * taken back at once. Further tables with the same keys are added with {@link #join} and {@link
 * #leftJoin}; they meet in one place, without results in between.
 *
 * <pre>{@code
 * Table<Long, Sent> sent =
 *     orders.join(payments).leftJoin(discounts)
 *         .inner((order, payment, discount) -> Sent.of(order, payment, Optional.ofNullable(discount)));
 * }</pre>
 *
 * <p><b>Time.</b> A change has the largest of the event times of the rows of its key, so that it
 * does not go back while the row of the result is there.
 *
 * <p><b>State.</b> The rows of each table, by key, but not those of the result. Tables that are
 * partitioned differently are brought together by a shuffle.
 *
 * <p><b>Errors.</b> A key on whose rows the function fails is dropped by the error policy of the
 * result, and has no row there until one of its tables changes: the row that it had is deleted. A
 * dead letter has the rows of all tables.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys
 * @param <L> the rows of the left table
 * @param <R> the rows of the right table
 */
public final class TableJoin<K, L, R> {

  private final JoinedTables tables;

  TableJoin(JoinedTables tables) {
    this.tables = tables;
  }

  /**
   * {@return the join with one more table, which a result needs}
   *
   * @throws ConfigurationException if its keys are of another type
   */
  public <C> TableJoin3<K, L, R, C> join(Table<K, C> table) {
    return new TableJoin3<>(tables.with(Arguments.given("Cannot join", "table", table)));
  }

  /**
   * {@return the join with one more table, which may have no row for a key: the function gets null
   * then}
   *
   * @throws ConfigurationException if its keys are of another type
   */
  public <C> TableJoin3<K, L, R, @Nullable C> leftJoin(Table<K, C> table) {
    return new TableJoin3<>(tables.withOptional(Arguments.given("Cannot join", "table", table)));
  }

  /**
   * Sets how many tasks serve the join: the most that can ever work on it at the same time. Tables
   * with another number of tasks are shuffled.
   *
   * @param number 1 to 10,000
   */
  public TableJoin<K, L, R> parallelism(int number) {
    return new TableJoin<>(tables.parallel(number));
  }

  /**
   * {@return the rows of keys that both tables have}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> inner(JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(Needs.ALL, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> inner(
      Class<T> type, JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(Needs.ALL, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> inner(
      TypeRef<T> type, JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(Needs.ALL, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return the rows of all keys of the left table: the function gets null for the right where it
   * has no row}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> left(JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(Needs.FIRST, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> left(
      Class<T> type, JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(Needs.FIRST, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> left(
      TypeRef<T> type, JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(Needs.FIRST, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return the rows of all keys of the right table: the function gets null for the left where it
   * has no row}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> right(JoinFunction<? super @Nullable L, ? super R, ? extends T> function) {
    return joined(Needs.LAST, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> right(
      Class<T> type, JoinFunction<? super @Nullable L, ? super R, ? extends T> function) {
    return joined(Needs.LAST, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> right(
      TypeRef<T> type, JoinFunction<? super @Nullable L, ? super R, ? extends T> function) {
    return joined(Needs.LAST, JoinedTables.stated(type).type(), function);
  }

  /**
   * {@return the rows of the keys of either table: the function gets null for the one that has no
   * row}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the rows
   */
  public <T> Table<K, T> outer(
      JoinFunction<? super @Nullable L, ? super @Nullable R, ? extends T> function) {
    return joined(Needs.ANY, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> Table<K, T> outer(
      Class<T> type, JoinFunction<? super @Nullable L, ? super @Nullable R, ? extends T> function) {
    return joined(Needs.ANY, JoinedTables.stated(type), function);
  }

  /** {@return the same, of a type stated, which has arguments} */
  public <T> Table<K, T> outer(
      TypeRef<T> type,
      JoinFunction<? super @Nullable L, ? super @Nullable R, ? extends T> function) {
    return joined(Needs.ANY, JoinedTables.stated(type).type(), function);
  }

  private Type inferred(JoinFunction<?, ?, ?> function) {
    return tables.inferred(
        Arguments.given("Cannot join", "function", function), JoinFunction.class);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private <T> Table<K, T> joined(Needs needs, Type type, JoinFunction<?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    JoinFunction<@Nullable Object, @Nullable Object, Object> typed =
        (JoinFunction<@Nullable Object, @Nullable Object, Object>) function;
    RowsFunction ofRows = (List<@Nullable Object> rows) -> typed.join(rows.get(0), rows.get(1));
    return tables.joined(needs, type, ofRows);
  }
}
