package dev.millrace.internal.operator;

import dev.millrace.function.FilterFunction;
import dev.millrace.function.FlatMapFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputFilter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The operators without state. Each calls the user's function inside its guard and the next
 * operator outside of the guard, so that a failure is attributed to the operator that failed.
 *
 * <p>A further attempt gets the value as it came, as far as that can be had ({@link Guard#anew}),
 * and what is passed on is the object that the successful attempt had.
 *
 * <p>What a value is turned into is of the same kind: the retraction of a value becomes the
 * retraction of what the value had become, provided that the function is deterministic.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class StatelessOperators {

  private static final String RETURNED_NULL =
      "the function returned null; filter the value out instead";

  private StatelessOperators() {}

  /**
   * The outcome of a further attempt.
   *
   * @param value the object that the function was given
   */
  private record Outcome<R>(Object value, R result) {}

  /** {@return an operator that turns each value into another} */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output map(MapFunction<?, ?> function, Guard guard, Output next) {
    MapFunction<Object, Object> typed = (MapFunction<Object, Object>) function;
    return (value, timeMs, kind) -> {
      @Nullable Object result;
      try {
        result = checked(typed.apply(value));
      } catch (Exception e) {
        result = guard.recover(value, e, () -> checked(typed.apply(guard.anew(value))));
      }
      if (result != null) {
        next.emit(result, timeMs, kind);
      }
    };
  }

  /** {@return an operator that keeps some values} */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output filter(FilterFunction<?> predicate, Guard guard, Output next) {
    FilterFunction<Object> typed = (FilterFunction<Object>) predicate;
    return (value, timeMs, kind) -> {
      Object tested = value;
      boolean keep;
      try {
        keep = typed.test(value);
      } catch (Exception e) {
        Outcome<Boolean> later =
            guard.recover(
                value,
                e,
                () -> {
                  Object anew = guard.anew(value);
                  return new Outcome<>(anew, typed.test(anew));
                });
        keep = later != null && later.result();
        tested = later == null ? value : later.value();
      }
      if (keep) {
        next.emit(tested, timeMs, kind);
      }
    };
  }

  /**
   * {@return an operator that turns each value into any number of others}
   *
   * <p>Results are passed on only when the function has returned, so that a failed attempt emits
   * none.
   */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output flatMap(FlatMapFunction<?, ?> function, Guard guard, Output next) {
    FlatMapFunction<Object, Object> typed = (FlatMapFunction<Object, Object>) function;
    CallResults results = new CallResults("a flatMap", RETURNED_NULL);
    return (value, timeMs, kind) -> {
      @Nullable Boolean done;
      try {
        done = flatMapped(typed, value, results);
      } catch (Exception e) {
        done = guard.recover(value, e, () -> flatMapped(typed, guard.anew(value), results));
      } finally {
        results.end();
      }
      if (done != null) {
        results.passOn(next, timeMs, kind);
      }
      results.clear();
    };
  }

  private static boolean flatMapped(
      FlatMapFunction<Object, Object> function, Object value, CallResults results)
      throws Exception {
    results.begin();
    function.apply(value, results);
    return true;
  }

  /** {@return an operator that looks at each value} */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output peek(PeekFunction<?> action, Guard guard, Output next) {
    PeekFunction<Object> typed = (PeekFunction<Object>) action;
    return (value, timeMs, kind) -> {
      @Nullable Object seen = value;
      try {
        typed.accept(value);
      } catch (Exception e) {
        seen =
            guard.recover(
                value,
                e,
                () -> {
                  Object anew = guard.anew(value);
                  typed.accept(anew);
                  return anew;
                });
      }
      if (seen != null) {
        next.emit(seen, timeMs, kind);
      }
    };
  }

  /**
   * {@return an operator that writes to side outputs and keeps some values}
   *
   * <p>Both are passed on only when the function has returned, so that a failed attempt emits
   * nothing.
   *
   * @param sides by the tags that the operator was given
   */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output filter(
      SideOutputFilter<?> function, Map<OutputTag<?>, Output> sides, Guard guard, Output next) {
    SideOutputFilter<Object> typed = (SideOutputFilter<Object>) function;
    SideBuffer buffer = new SideBuffer(sides);
    return (value, timeMs, kind) -> {
      Object tested = value;
      @Nullable Boolean keep;
      try {
        keep = keeps(typed, value, buffer);
      } catch (Exception e) {
        Outcome<Boolean> later =
            guard.recover(
                value,
                e,
                () -> {
                  Object anew = guard.anew(value);
                  return new Outcome<>(anew, keeps(typed, anew, buffer));
                });
        keep = later == null ? null : later.result();
        tested = later == null ? value : later.value();
      } finally {
        buffer.end();
      }
      if (keep != null) {
        buffer.passOn(timeMs, kind);
        if (keep) {
          next.emit(tested, timeMs, kind);
        }
      }
      buffer.clear();
    };
  }

  private static boolean keeps(SideOutputFilter<Object> function, Object value, SideBuffer buffer)
      throws Exception {
    buffer.begin();
    return function.keep(value, buffer);
  }

  /** {@return an operator that sends each value to the first case that holds} */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output branch(List<FilterFunction<?>> cases, Guard guard, List<Output> nexts) {
    List<FilterFunction<Object>> typed =
        cases.stream().map(one -> (FilterFunction<Object>) one).toList();
    return (value, timeMs, kind) -> {
      Object tested = value;
      int chosen;
      try {
        chosen = firstCase(typed, value);
      } catch (Exception e) {
        Outcome<Integer> later =
            guard.recover(
                value,
                e,
                () -> {
                  Object anew = guard.anew(value);
                  return new Outcome<>(anew, firstCase(typed, anew));
                });
        chosen = later == null ? nexts.size() : later.result();
        tested = later == null ? value : later.value();
      }
      if (chosen < nexts.size()) {
        nexts.get(chosen).emit(tested, timeMs, kind);
      }
    };
  }

  private static int firstCase(List<FilterFunction<Object>> cases, Object value) throws Exception {
    int i = 0;
    while (i < cases.size() && !cases.get(i).test(value)) {
      i++;
    }
    return i;
  }

  private static Object checked(@Nullable Object result) {
    if (result == null) {
      throw new NullPointerException(RETURNED_NULL);
    }
    return result;
  }
}
