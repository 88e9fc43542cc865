package dev.millrace;

import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.internal.util.Arguments;

/**
 * A join of a stream with a table that every instance has, whose key in the stream is still to be
 * named.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys of the table
 * @param <L> the values of the stream
 * @param <R> the rows of the table
 */
public final class BroadcastJoin<K, L, R> {

  private final DataStream<L> stream;
  private final BroadcastTable<K, R> table;

  BroadcastJoin(DataStream<L> stream, BroadcastTable<K, R> table) {
    this.stream = stream;
    this.table = table;
  }

  /**
   * {@return the join of each value with the row of its key; the stream stays where it is}
   *
   * @param key takes from a value the key of the row; null if the value refers to none, which is as
   *     if there were no such row
   */
  public KeyedBroadcastJoin<L, R> on(ForeignKeyFunction<? super L, ? extends K> key) {
    return new KeyedBroadcastJoin<>(stream, table, Arguments.given("Cannot join", "key", key));
  }
}
