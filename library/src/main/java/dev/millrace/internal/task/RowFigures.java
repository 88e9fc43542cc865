package dev.millrace.internal.task;

import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.state.store.StoreSizes;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a task's rows: how many there are, and what they take of memory and disk. A task
 * without rows has the same figures, all of them zero.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RowFigures {

  private final @Nullable TaskRows rows;

  RowFigures(@Nullable TaskRows rows) {
    this.rows = rows;
  }

  /** {@return the memory that the open transaction's rows take} */
  public long transactionBytes() {
    return rows == null ? 0 : rows.transactionBytes();
  }

  /** {@return the sizes of the task's store} */
  public StoreSizes sizes() {
    return rows == null ? StoreSizes.NONE : rows.sizes();
  }

  /**
   * {@return how many rows one of its stores had at the last commit; empty until all are counted}
   */
  public OptionalLong rows(String store) {
    return rows == null ? OptionalLong.of(0) : rows.size(store);
  }

  /** {@return an estimate of the bytes of each of its stores; empty if that is not known} */
  public Map<String, Long> storeBytes() {
    return rows == null ? Map.of() : rows.storeBytes();
  }

  /** {@return an estimate of the heap that the task's rows in memory take} */
  public long cachedBytes() {
    return rows == null ? 0 : rows.cachedBytes();
  }

  /**
   * Goes on counting the rows that were there when the task was opened.
   *
   * @param most how many at most
   * @return how many were counted
   */
  public int count(int most) {
    return rows == null ? 0 : rows.countRows(most);
  }
}
