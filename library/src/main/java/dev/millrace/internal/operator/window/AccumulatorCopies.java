package dev.millrace.internal.operator.window;

import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.PaneRow;
import dev.millrace.internal.window.SessionRow;
import dev.millrace.internal.window.SliceRow;
import java.lang.reflect.Type;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * Copies of accumulators that share a row with other values: made through a row that has only the
 * accumulator.
 *
 * <p>A function may change its accumulator in place, and may return it as its result; hence an
 * emitted result must be a copy wherever the accumulator stays in use.
 */
final class AccumulatorCopies {

  private AccumulatorCopies() {}

  /** {@return a copier of accumulators of a type, which returns those that cannot be changed} */
  static UnaryOperator<Object> bySlices(Type accumulator, UnaryOperator<Object> ofRows) {
    if (Types.isImmutable(accumulator)) {
      return UnaryOperator.identity();
    }
    return value -> {
      Object row = ofRows.apply(new SliceRow<>(List.of(new SliceRow.Slice<>(0, value))));
      return ((SliceRow<?>) row).slices().get(0).accumulator();
    };
  }

  /** {@return a copier of accumulators of a type, which returns those that cannot be changed} */
  static UnaryOperator<Object> bySessions(Type accumulator, UnaryOperator<Object> ofRows) {
    if (Types.isImmutable(accumulator)) {
      return UnaryOperator.identity();
    }
    return value -> {
      var session = new SessionRow.Session<Object, Object>(0, 0, value, false, List.of());
      Object row = ofRows.apply(new SessionRow<>(List.of(session), 0));
      return ((SessionRow<?, ?>) row).sessions().get(0).accumulator();
    };
  }

  /**
   * {@return the function that copies results of a type, or returns them if they cannot be changed;
   * its first argument is the session of the result}
   */
  static BiFunction<SessionRow.Session<Object, Object>, Object, Object> resultsBySessions(
      Type result, UnaryOperator<Object> ofRows) {
    if (Types.isImmutable(result)) {
      return (session, value) -> value;
    }
    return (session, value) -> {
      var said = List.of(new SessionRow.Said<>(session.startMs(), session.endMs(), value));
      var only =
          new SessionRow.Session<>(
              session.startMs(), session.endMs(), session.accumulator(), false, said);
      Object row = ofRows.apply(new SessionRow<>(List.of(only), 0));
      return ((SessionRow<?, ?>) row).sessions().get(0).said().get(0).value();
    };
  }

  /** {@return a copier of accumulators of a type, which returns those that cannot be changed} */
  static UnaryOperator<Object> byPanes(Type accumulator, UnaryOperator<Object> ofRows) {
    if (Types.isImmutable(accumulator)) {
      return UnaryOperator.identity();
    }
    return value -> {
      Object row = ofRows.apply(new PaneRow<>(value, 1, 0, 0, 0, 0, 0));
      return ((PaneRow<?>) row).accumulator();
    };
  }
}
