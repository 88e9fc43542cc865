package dev.millrace.internal.operator.aggregate;

import dev.millrace.internal.fold.GroupRow;
import dev.millrace.internal.state.Row;

/**
 * The values of groups that are spread.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
interface SpreadValues {

  /**
   * Adds a value to a group that has just been spread, and has it not.
   *
   * @return the group's row with it
   */
  GroupRow<Object, Object> add(Row<Object> row, GroupRow<Object, Object> group, ValueChange value);

  /**
   * Changes how often a value is there.
   *
   * @return the group's row after it
   */
  GroupRow<Object, Object> change(
      Row<Object> row, GroupRow<Object, Object> group, ValueChange change);

  /** Deletes the values of a group. */
  void delete(Row<Object> row);

  /** Looks up what the rows of changed groups do not know, before the commit. */
  void settle() throws Exception;

  /** {@return the result of the row of a group that is spread} */
  Object result(GroupRow<?, ?> group);
}
