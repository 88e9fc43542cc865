package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.internal.util.Arguments;

/**
 * A table whose rows refer to those of another one, which is still to be named.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys of the table
 * @param <V> its rows
 * @param <F> the keys of the other table
 */
public final class ForeignKey<K, V, F> {

  private final Table<K, V> table;
  private final ForeignKeyFunction<? super V, ? extends F> function;

  ForeignKey(Table<K, V> table, ForeignKeyFunction<? super V, ? extends F> function) {
    this.table = table;
    this.function = function;
  }

  /**
   * {@return the join with the table that the rows refer to}
   *
   * @throws ConfigurationException if it belongs to another job
   */
  public <R> ForeignKeyTableJoin<K, V, R> join(Table<F, R> other) {
    Arguments.given("Cannot join", "table", other);
    JoinedTables.checkSameJob(table.plan(), other.plan());
    return new ForeignKeyTableJoin<>(table, function, other);
  }
}
