package dev.millrace.internal.operator.join;

import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.BroadcastLookup;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The join of records, where they are, with a table that the instance has whole: a record finds the
 * row that is there when it is processed, and its result is emitted at once, with its time.
 *
 * <p>A further attempt looks the row up again, and gets an object of its own, as it does of the
 * record if that can be had ({@link Guard#anew}).
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class BroadcastLookupOperator implements Output {

  private final String step;
  private final ForeignKeyFunction<Object, Object> key;
  private final JoinFunction<Object, @Nullable Object, Object> function;
  private final boolean keepsUnmatched;
  private final Function<Object, @Nullable Object> rows;
  private final Guard guard;
  private final Output next;

  /**
   * Creates the operator of one task.
   *
   * @param step its name
   * @param rows finds the row of a key, which nobody else can change, or null
   */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public BroadcastLookupOperator(
      String step,
      BroadcastLookup lookup,
      Function<Object, @Nullable Object> rows,
      Guard guard,
      Output next) {
    this.step = step;
    this.key = (ForeignKeyFunction<Object, Object>) lookup.key();
    this.function = (JoinFunction<Object, @Nullable Object, Object>) lookup.function();
    this.keepsUnmatched = lookup.kind().keepsLeft();
    this.rows = rows;
    this.guard = guard;
    this.next = next;
  }

  @Override
  public void emit(Object value, long timeMs, int kind) {
    Output.refuseRetraction(kind, step);
    @Nullable Object result;
    try {
      result = joined(value);
    } catch (Exception e) {
      result = guard.recoverNullable(value, e, () -> joined(guard.anew(value)));
    }
    if (result != null) {
      next.emit(result, timeMs, kind);
    }
  }

  /** {@return the result, or null for a record that finds no row and needs one} */
  @SuppressWarnings("NullAway") // functions of left joins get null where there is no row
  private @Nullable Object joined(Object value) throws Exception {
    Object wanted = key.foreignKey(value);
    Object row = wanted == null ? null : rows.apply(wanted);
    if (row == null && !keepsUnmatched) {
      return null;
    }
    Object result = function.join(value, row);
    if (result == null) {
      throw new NullPointerException("the function of the join returned null");
    }
    return result;
  }
}
