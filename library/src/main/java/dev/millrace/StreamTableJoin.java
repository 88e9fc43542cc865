package dev.millrace;

import dev.millrace.function.KeyFunction;

/**
 * A join of a stream with a table whose key in the stream is still to be named.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys of the table
 * @param <L> the values of the stream
 * @param <R> the rows of the table
 */
public final class StreamTableJoin<K, L, R> {

  private final DataStream<L> stream;
  private final Table<K, R> table;

  StreamTableJoin(DataStream<L> stream, Table<K, R> table) {
    this.stream = stream;
    this.table = table;
  }

  /**
   * {@return the join of each value with the row of its key; the stream is distributed by it}
   *
   * @param key the key of a value, of the type that the table's keys have
   */
  public KeyedStreamTableJoin<K, L, R> on(KeyFunction<? super L, ? extends K> key) {
    // That the keys are of one type is checked by the Java compiler, so that it can be the table's.
    return stream.<K>keyed(table.keyType(), key, "Cannot join").join(table);
  }
}
