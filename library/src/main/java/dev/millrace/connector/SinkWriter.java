package dev.millrace.connector;

import java.io.IOException;

/**
 * Writes one task's results.
 *
 * <p><b>Contract.</b> {@code write* -> prepare -> (commit | abort)}, over and over. Between {@code
 * prepare} and its outcome nothing else is called. After a crash the outcome is told to the
 * successor: what it gets as {@link SinkContext#committedState()} was committed, anything else was
 * not.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface SinkWriter<T> extends AutoCloseable {

  /**
   * Takes one result; must not be visible to readers before {@link #commit} if the sink is to be
   * exactly-once.
   *
   * @param value the result
   * @param timeMs its event time, milliseconds since the epoch
   */
  void write(T value, long timeMs) throws Exception;

  /**
   * Makes everything written so far durable, ahead of the transaction's commit.
   *
   * @return what a successor needs to finish or find the committed output; replaces what was
   *     returned before
   */
  byte[] prepare() throws Exception;

  /** The transaction committed: publish. */
  void commit() throws Exception;

  /**
   * The transaction was aborted: forget everything since the last {@link #prepare} that was
   * committed.
   */
  void abort() throws Exception;

  /** The input has ended: the next {@link #prepare} is the last one with output. */
  default void endOfInput() throws Exception {}

  @Override
  void close() throws IOException;
}
