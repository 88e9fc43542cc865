package dev.millrace.internal.operator;

import dev.millrace.internal.state.Row;

/**
 * A look whether a row can be written, while the record that it is made of is there for the error
 * policy: else it shows at the commit, which stops the job.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
@FunctionalInterface
public interface RowCheck {

  /** Takes any row. */
  RowCheck NONE = (row, value) -> {};

  /**
   * Looks at a value that a row is to have.
   *
   * @throws RuntimeException if there are no bytes for it, or more than a record of the changelog
   *     takes
   */
  void check(Row<?> row, Object value);
}
