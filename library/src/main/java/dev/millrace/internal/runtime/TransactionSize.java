package dev.millrace.internal.runtime;

/**
 * The number of pieces of work in the open transaction (records, frames, fired rows), and its bound
 * while a sink's system is failing: half as many after each failure, twice as many after each
 * commit. Where a system fails now and then, a large transaction might never get through.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TransactionSize {

  private static final long MANY = 1 << 20;

  private long pieces;
  private long most = Long.MAX_VALUE;

  /** {@return how many pieces of work are in the open transaction} */
  long pieces() {
    return pieces;
  }

  /** {@return whether there should be no more pieces} */
  boolean isReached() {
    return pieces >= most;
  }

  /** Notes a piece. */
  void add() {
    pieces++;
  }

  /** Notes that the transaction committed. */
  void committed() {
    pieces = 0;
    most = most > MANY ? Long.MAX_VALUE : most * 2;
  }

  /** Notes that the transaction was aborted, for reasons that have nothing to do with its size. */
  void aborted() {
    pieces = 0;
  }

  /** Notes that a sink's system failed in the midst of the transaction. */
  void failed() {
    if (pieces > 0) {
      most = Math.max(1, Math.min(most, pieces) / 2);
    }
    pieces = 0;
  }
}
