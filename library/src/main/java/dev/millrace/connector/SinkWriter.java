package dev.millrace.connector;

import java.io.IOException;

/**
 * The writer of one task's results.
 *
 * <p><b>Contract.</b> {@code write* -> prepare -> (commit | abort)}, over and over. Between {@code
 * prepare} and its outcome nothing else is called. After a crash the successor learns the outcome:
 * the state that it gets as {@link SinkContext#committedState()} was committed, any other was not.
 * A transaction may fail in a way that leaves its outcome open; then {@code abort} is called
 * although it may turn out to have committed, so {@code abort} must not destroy what the last
 * {@code prepare} named. After {@code abort} comes {@code close} and nothing else: the task starts
 * afresh with a new writer.
 *
 * <p>A writer that was paused for long may have been replaced without noticing, and continue to
 * write beside its successor. What it prepares then does not commit; but it must not write to the
 * place that its successor writes to: put {@link SinkContext#ownerEpoch()} into its name.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface SinkWriter<T> extends AutoCloseable {

  /**
   * Takes one result; must not be visible to readers before {@link #commit} if the sink is to be
   * exactly-once.
   *
   * @param value the result, not to be changed, since another step may get the same object
   * @param timeMs its event time, milliseconds since the epoch
   */
  void write(T value, long timeMs) throws Exception;

  /**
   * Makes everything written so far durable, before the transaction's commit.
   *
   * @return what a successor needs to finish or find the committed output; replaces what was
   *     returned before
   */
  byte[] prepare() throws Exception;

  /** The transaction committed: publish. */
  void commit() throws Exception;

  /**
   * The transaction was aborted, or its outcome is not known: stop, and leave the output to the
   * successor.
   */
  void abort() throws Exception;

  /**
   * {@return whether a commit should take place even though nothing new was written}
   *
   * <p>Asked about five times a second, between transactions; {@link #prepare} is otherwise called
   * only when the task has something to commit.
   *
   * @param clockMs the clock's reading, milliseconds since the epoch
   */
  default boolean wantsCommit(long clockMs) {
    return false;
  }

  /** The input has ended: the next {@link #prepare} is the last one with output. */
  default void endOfInput() throws Exception {}

  @Override
  void close() throws IOException;
}
