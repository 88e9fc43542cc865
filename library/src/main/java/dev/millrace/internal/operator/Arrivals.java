package dev.millrace.internal.operator;

import dev.millrace.internal.state.RowStore;

/**
 * The numbers of records in the order of their arrival, which distinguish those of one key and
 * time. The next one is a row of its own, written with each commit that has new records.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class Arrivals {

  private static final byte[] NEXT = {0};

  private final RowStore<Object> numbers;
  private long next;
  private boolean changed;

  /** Creates the numbers of one operator, kept in a store of their own. */
  public Arrivals(RowStore<Object> numbers) {
    this.numbers = numbers;
    Object kept = numbers.row(NEXT).value();
    this.next = kept == null ? 0 : (Long) kept;
  }

  /** {@return a number that no record had before} */
  public long take() {
    changed = true;
    return next++;
  }

  /** Writes the next number. */
  public void beforeCommit() {
    if (changed) {
      changed = false;
      numbers.row(NEXT).set(next);
    }
  }
}
