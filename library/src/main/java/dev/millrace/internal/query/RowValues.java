package dev.millrace.internal.query;

import dev.millrace.error.MillraceException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.fold.CountedRow;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.GroupRow;
import dev.millrace.internal.fold.KeptValues;
import dev.millrace.internal.handle.Expiring;
import dev.millrace.internal.handle.HandleSpec.TimeToLive;
import dev.millrace.internal.plan.StateForm;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.time.TimeDomain;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The values of one store, out of the bytes of its rows.
 *
 * <p><b>Threads.</b> Safe for any thread, unless its values are by serdes of the program's.
 */
final class RowValues {

  private final QueriedStore store;

  RowValues(QueriedStore store) {
    this.store = store;
  }

  /** {@return the key in a part of a row key} */
  Object key(byte[] bytes, int offset) {
    return store.codecs().keys().decode(bytes, offset, bytes.length - offset);
  }

  /** {@return a new object of what a row has} */
  Object row(byte[] bytes) {
    StoredValueFormat<Object> format = store.codecs().format();
    return format.fromBytes(bytes);
  }

  /**
   * {@return the value of a row that has one; null if it has expired, or is kept without a value}
   *
   * @param timeMs the event time of the task
   * @param asOfMs the time by the clock
   */
  @Nullable Object value(byte[] bytes, long timeMs, long asOfMs) {
    Object row = row(bytes);
    StateForm form = store.form();
    if (form instanceof StateForm.Aggregates aggregates) {
      return ofAggregate(aggregates.fold(), row);
    }
    if (form instanceof StateForm.Windows windows) {
      return finished(windows.fold(), row);
    }
    if (form instanceof StateForm.Declared declared) {
      return alive(row, declared.state().timeToLive().orElse(null), timeMs, asOfMs);
    }
    return KeptValues.valueOf(row);
  }

  /** {@return the value inside of a row with a time-to-live; null if its time is over} */
  static @Nullable Object alive(
      Object row, @Nullable TimeToLive timeToLive, long timeMs, long asOfMs) {
    if (!(row instanceof Expiring<?> expiring)) {
      return row;
    }
    boolean byEvents =
        timeToLive != null && timeToLive.domain().orElse(TimeDomain.PROCESSING) == TimeDomain.EVENT;
    long nowMs = byEvents ? timeMs : asOfMs;
    return nowMs < expiring.expiresAtMs() ? expiring.value() : null;
  }

  private Object ofAggregate(Fold fold, Object row) {
    Spreading<Object, Object> spreading = fold.function().spreading();
    if (spreading != null) {
      return ofGroup(fold, spreading, (GroupRow<?, ?>) row);
    }
    return finished(fold, row instanceof CountedRow<?> counted ? counted.accumulator() : row);
  }

  /** Rows of large groups have their results at each commit. */
  private Object ofGroup(Fold fold, Spreading<?, ?> spreading, GroupRow<?, ?> group) {
    if (group.values() != null) {
      return finished(fold, group.values());
    }
    return switch (spreading.result()) {
      case NUMBER -> group.distinct();
      case HIGHEST -> List.copyOf((List<?>) Objects.requireNonNull(group.first()));
      case SMALLEST, LARGEST -> Objects.requireNonNull(group.first());
    };
  }

  /** {@return the result of an accumulator} */
  Object finished(Fold fold, @Nullable Object accumulator) {
    try {
      return Objects.requireNonNull(
          fold.function().finish(Objects.requireNonNull(accumulator)),
          "the result of an aggregate is null");
    } catch (Exception e) {
      throw failed(e);
    }
  }

  /** {@return two accumulators put together, of which neither is used any more} */
  Object merged(Fold fold, Object left, Object right) {
    try {
      return fold.function().merge(left, right);
    } catch (Exception e) {
      throw failed(e);
    }
  }

  private MillraceException failed(Exception cause) {
    return new RecordException(
        "Cannot make a result of store '"
            + store.name()
            + "': the aggregate's function failed on the state of one key ("
            + cause
            + "). Mend the function",
        cause);
  }
}
