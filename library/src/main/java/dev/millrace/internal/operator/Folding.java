package dev.millrace.internal.operator;

import dev.millrace.error.MillraceException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.state.Row;
import org.jspecify.annotations.Nullable;

/** The step all aggregates share: one entry into one accumulator. */
public final class Folding {

  private Folding() {}

  /**
   * {@return the accumulator with the entry added: a record is folded in, a partial result merged}
   */
  public static Object fold(FoldFunction fold, @Nullable Object accumulator, KeyedRecord record)
      throws Exception {
    Object value = record.value();
    if (record.isPartial()) {
      return accumulator == null ? value : fold.merge(accumulator, value);
    }
    return accumulator == null ? fold.first(value) : fold.add(accumulator, value);
  }

  /**
   * {@return the accumulator that a row has with the entry added to it, or null if the entry is
   * given up}
   */
  public static @Nullable Object foldInto(
      Row<Object> row, FoldFunction fold, KeyedRecord record, Guard guard) {
    Object folded = foldOnto(row.value(), fold, record, guard);
    if (folded != null) {
      row.set(folded);
    }
    return folded;
  }

  /** {@return the accumulator with the entry added to it, or null if the entry is given up} */
  public static @Nullable Object foldOnto(
      @Nullable Object accumulator, FoldFunction fold, KeyedRecord record, Guard guard) {
    try {
      return fold(fold, accumulator, record);
    } catch (Exception e) {
      return guard.recover(null, e, () -> fold(fold, accumulator, record));
    }
  }

  /**
   * {@return the exception for an aggregate whose result cannot be had; there is no record to skip}
   */
  public static MillraceException finishFailed(Exception cause, Object key) {
    if (cause instanceof MillraceException own) {
      return own;
    }
    return new RecordException(
        "Cannot finish an aggregate: the function failed on the state of one key ("
            + key
            + "). Mend the function and start again",
        cause);
  }
}
