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
 * <p>What a value is turned into is of the same kind: the retraction of a value becomes the
 * retraction of what the value had become, provided that the function is deterministic.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class StatelessOperators {

  private static final String RETURNED_NULL =
      "the function returned null; filter the value out instead";

  private StatelessOperators() {}

  /** {@return an operator that turns each value into another} */
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  public static Output map(MapFunction<?, ?> function, Guard guard, Output next) {
    MapFunction<Object, Object> typed = (MapFunction<Object, Object>) function;
    return (value, timeMs, kind) -> {
      @Nullable Object result;
      try {
        result = checked(typed.apply(value));
      } catch (Exception e) {
        result = guard.recover(value, e, () -> checked(typed.apply(value)));
      }
      if (result != null) {
        next.emit(result, timeMs, kind);
      }
    };
  }

  /** {@return an operator that keeps some values} */
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  public static Output filter(FilterFunction<?> predicate, Guard guard, Output next) {
    FilterFunction<Object> typed = (FilterFunction<Object>) predicate;
    return (value, timeMs, kind) -> {
      @Nullable Boolean keep;
      try {
        keep = typed.test(value);
      } catch (Exception e) {
        keep = guard.recover(value, e, () -> typed.test(value));
      }
      if (keep != null && keep) {
        next.emit(value, timeMs, kind);
      }
    };
  }

  /**
   * {@return an operator that turns each value into any number of others}
   *
   * <p>Results are passed on only when the function has returned, so that a failed attempt emits
   * none.
   */
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  public static Output flatMap(FlatMapFunction<?, ?> function, Guard guard, Output next) {
    FlatMapFunction<Object, Object> typed = (FlatMapFunction<Object, Object>) function;
    CallResults results = new CallResults("a flatMap", RETURNED_NULL);
    return (value, timeMs, kind) -> {
      Guard.Attempt<Boolean> attempt =
          () -> {
            results.begin();
            typed.apply(value, results);
            return true;
          };
      @Nullable Boolean done;
      try {
        done = attempt.call();
      } catch (Exception e) {
        done = guard.recover(value, e, attempt);
      } finally {
        results.end();
      }
      if (done != null) {
        results.passOn(next, timeMs, kind);
      }
      results.clear();
    };
  }

  /** {@return an operator that looks at each value} */
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  public static Output peek(PeekFunction<?> action, Guard guard, Output next) {
    PeekFunction<Object> typed = (PeekFunction<Object>) action;
    return (value, timeMs, kind) -> {
      @Nullable Boolean seen = true;
      try {
        typed.accept(value);
      } catch (Exception e) {
        seen =
            guard.recover(
                value,
                e,
                () -> {
                  typed.accept(value);
                  return true;
                });
      }
      if (seen != null) {
        next.emit(value, timeMs, kind);
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
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  public static Output filter(
      SideOutputFilter<?> function, Map<OutputTag<?>, Output> sides, Guard guard, Output next) {
    SideOutputFilter<Object> typed = (SideOutputFilter<Object>) function;
    SideBuffer buffer = new SideBuffer(sides);
    return (value, timeMs, kind) -> {
      Guard.Attempt<Boolean> attempt =
          () -> {
            buffer.begin();
            return typed.keep(value, buffer);
          };
      @Nullable Boolean keep;
      try {
        keep = attempt.call();
      } catch (Exception e) {
        keep = guard.recover(value, e, attempt);
      } finally {
        buffer.end();
      }
      if (keep != null) {
        buffer.passOn(timeMs, kind);
        if (keep) {
          next.emit(value, timeMs, kind);
        }
      }
      buffer.clear();
    };
  }

  /** {@return an operator that sends each value to the first case that holds} */
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  public static Output branch(List<FilterFunction<?>> cases, Guard guard, List<Output> nexts) {
    List<FilterFunction<Object>> typed =
        cases.stream().map(one -> (FilterFunction<Object>) one).toList();
    return (value, timeMs, kind) -> {
      @Nullable Integer chosen;
      try {
        chosen = firstCase(typed, value);
      } catch (Exception e) {
        chosen = guard.recover(value, e, () -> firstCase(typed, value));
      }
      if (chosen != null && chosen < nexts.size()) {
        nexts.get(chosen).emit(value, timeMs, kind);
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
