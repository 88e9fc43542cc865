package dev.millrace.connector;

import dev.millrace.function.TimestampFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.util.List;
import java.util.Optional;

/**
 * A source of your own: data cut into splits that workers read independently and resume where the
 * last commit left off.
 *
 * <p><b>Contract.</b> {@link #splits()} is called once in the life of a job (by the first instance;
 * a reset calls it again) and its answer is kept in Kafka. {@link #open} is called by the worker to
 * which a split was assigned, again after every failover, with the position that was committed
 * last. Reading from a position must give the same records in the same order, or results after a
 * failover are not exactly-once.
 *
 * <p>A task that has read all its splits is finished: it reports to the steps after it that no more
 * records come, even in a run without end.
 *
 * <p><b>Errors.</b> An exception from {@code open} or from the reader stops the stage with the
 * split's description. A single record that cannot be read belongs in {@link SplitOutput#reject}.
 */
public non-sealed interface SplitSource<T> extends Source<T> {

  /**
   * {@return a short name that stays the same, {@code [a-z0-9-]}; becomes part of the stage's name}
   */
  String name();

  /** {@return the type of the records} */
  TypeRef<T> type();

  /**
   * {@return where a record's event time is read from; if empty, the source's own timestamp counts}
   *
   * <p>A {@link KafkaSink} writes event times only if this or {@link #watermarks} is there.
   */
  default Optional<TimestampFunction<T>> eventTime() {
    return Optional.empty();
  }

  /** {@return how watermarks are made; without, windows go by processing time} */
  default Optional<Watermarks<? super T>> watermarks() {
    return Optional.empty();
  }

  /** {@return all splits, each a description only this source needs to understand; at least one} */
  List<byte[]> splits() throws Exception;

  /**
   * Opens a split at a position.
   *
   * @param split one of the descriptions from {@link #splits()}
   * @param position what {@link SplitReader#position()} returned last, or an empty array for the
   *     start
   */
  SplitReader<T> open(byte[] split, byte[] position) throws Exception;
}
