package dev.millrace.time;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;

/**
 * A function that reads a watermark from a record that carries one.
 *
 * <p><b>Threads.</b> Shared by all partitions of a source and their workers, so it should keep no
 * state; a strategy with state is a {@link WatermarkGenerator}.
 *
 * @param <T> the source's records
 */
@FunctionalInterface
public interface PunctuationFunction<T> extends Serializable {

  /**
   * {@return the event time before which nothing more will come in this partition; empty if the
   * record carries none}
   *
   * @param eventTime the record's event time
   */
  Optional<Instant> watermark(T record, Instant eventTime) throws Exception;
}
