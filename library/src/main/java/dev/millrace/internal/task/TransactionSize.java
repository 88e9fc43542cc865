package dev.millrace.internal.task;

/**
 * The number of pieces of work in the open transaction (records, frames, fired rows), and its bound
 * while there is one: twice as many after each commit of so many. One of less proves nothing.
 *
 * <p>There is one while a sink's system is failing, half as many after each failure: where a system
 * fails now and then, a large transaction might never get through. And there is one after a
 * transaction that took longer than brokers let it: the piece that took long is to be in another
 * one than those before it, so that nothing is sent yet when its time begins.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class TransactionSize {

  private static final long MANY = 1 << 20;

  private long pieces;
  private long most = Long.MAX_VALUE;

  /** The longest time that a few pieces took, and how many there were before them. */
  private long longestNanos;

  private long beforeLongest;

  /** {@return how many pieces of work are in the open transaction} */
  public long pieces() {
    return pieces;
  }

  /** {@return whether there should be no more pieces} */
  public boolean isReached() {
    return pieces >= most;
  }

  /** Notes a piece. */
  public void add() {
    pieces++;
  }

  /** Notes that it took some time to process the last pieces, at most so many. */
  public void tookUp(long last, long nanos) {
    if (nanos > longestNanos) {
      longestNanos = nanos;
      beforeLongest = pieces - last;
    }
  }

  private void begin() {
    pieces = 0;
    longestNanos = 0;
    beforeLongest = 0;
  }

  /** Notes that the transaction committed. */
  public void committed() {
    if (isReached()) {
      most = most > MANY ? Long.MAX_VALUE : most * 2;
    }
    begin();
  }

  /** Notes that the transaction was aborted, for reasons that have nothing to do with its size. */
  public void aborted() {
    begin();
  }

  /**
   * Notes that the transaction, which is going to be aborted, took more time than it had. Pieces
   * are to blame that took a good part of it at once; else it was something other than the work.
   *
   * @param goodPartNanos from when on they are
   */
  public void outlasted(long goodPartNanos) {
    if (longestNanos >= goodPartNanos) {
      most = Math.max(1, Math.min(most, beforeLongest));
    }
  }

  /** Notes that a sink's system failed in the midst of the transaction. */
  public void failed() {
    if (pieces > 0) {
      most = Math.max(1, Math.min(most, pieces) / 2);
    }
    begin();
  }
}
