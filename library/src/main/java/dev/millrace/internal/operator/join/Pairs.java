package dev.millrace.internal.operator.join;

import dev.millrace.function.JoinFunction;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.state.Row;
import org.jspecify.annotations.Nullable;

/**
 * The results of a join of streams: its function is called on a pair of records, or on one without
 * a match, and the error policy is about these alone.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class Pairs {

  private final JoinFunction<@Nullable Object, @Nullable Object, Object> function;
  private final KeyCodec<Object> keys;
  private final Guard guard;
  private final Output next;

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  Pairs(JoinFunction<?, ?, ?> function, OperatorContext context) {
    this.function = (JoinFunction<@Nullable Object, @Nullable Object, Object>) function;
    this.keys = context.keys();
    this.guard = context.guard();
    this.next = context.next();
  }

  /**
   * Emits the result of two records.
   *
   * @param kept the one, as a row may keep it
   * @param row the row of the other
   */
  void join(JoinPlace place, Side own, Object kept, Side other, Row<Object> row, long resultMs) {
    Object result;
    try {
      result = joined(own, kept, other, row);
    } catch (Exception e) {
      result =
          guard.recoverResult(
              () -> letter(place, own, own.buffer().handedOut(kept), other.buffer().handedOut(row)),
              e,
              () -> joined(own, kept, other, row));
    }
    if (result != null) {
      next.emit(result, resultMs, FrameFormat.RECORD);
    }
  }

  /** Each attempt gets objects that no other has changed. */
  private Object joined(Side own, Object kept, Side other, Row<Object> row) throws Exception {
    Object mine = own.buffer().handedOut(kept);
    Object others = other.buffer().handedOut(row);
    return checked(own.isLeft() ? function.join(mine, others) : function.join(others, mine));
  }

  /** Emits the result of a record without a match. */
  void alone(JoinPlace place, Side side, Object kept, long resultMs) {
    Object result;
    try {
      result = alone(side, kept);
    } catch (Exception e) {
      result =
          guard.recoverResult(
              () -> letter(place, side, side.buffer().handedOut(kept), null),
              e,
              () -> alone(side, kept));
    }
    if (result != null) {
      next.emit(result, resultMs, FrameFormat.RECORD);
    }
  }

  @SuppressWarnings("NullAway") // functions of joins that keep a side get null for the other
  private Object alone(Side side, Object kept) throws Exception {
    Object own = side.buffer().handedOut(kept);
    return checked(side.isLeft() ? function.join(own, null) : function.join(null, own));
  }

  private static Object checked(@Nullable Object result) {
    if (result == null) {
      throw new NullPointerException("the function of the join returned null");
    }
    return result;
  }

  private PairLetter letter(JoinPlace place, Side side, Object value, @Nullable Object other) {
    Object key = keys.decode(place.bytes(), place.offset(), place.keyLength());
    return side.isLeft() ? new PairLetter(key, value, other) : new PairLetter(key, other, value);
  }
}
