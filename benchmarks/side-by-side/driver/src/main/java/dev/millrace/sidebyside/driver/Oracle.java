package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.nexmark.EachEvent;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.KeyedSteps;
import dev.millrace.sidebyside.nexmark.KeyedSteps.Step;
import dev.millrace.sidebyside.nexmark.QueryPlan;
import dev.millrace.sidebyside.nexmark.Selection;
import dev.millrace.sidebyside.nexmark.WindowShape.Kind;
import dev.millrace.sidebyside.nexmark.WindowedFold;
import dev.millrace.sidebyside.nexmark.WindowedFolds;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The results of queries, computed one event after the other in the order of time. */
final class Oracle {

  private Oracle() {}

  /**
   * Computes the results of a query.
   *
   * <p>Windows by the clock are one, for all events.
   *
   * @param events the events by their number, in the order of their times
   * @param count how many there are
   * @param results gets them, those of windows that are not over at the end as well
   */
  static void run(Query query, LongFunction<Event> events, long count, Consumer<String> results) {
    QueryPlan plan = query.plan();
    if (plan instanceof EachEvent each) {
      select(each.result(), events, count, (line, timeMs) -> results.accept(line));
    } else if (plan instanceof KeyedSteps<?, ?> steps) {
      steps(steps, events, count, results);
    } else if (plan instanceof WindowedFolds<?> folds) {
      folds(folds, events, count, results);
    }
  }

  private static <T> void select(
      Selection<T> selection, LongFunction<Event> events, long count, Input<T> input) {
    for (long number = 0; number < count; number++) {
      Event event = events.apply(number);
      T value = selection.select(event);
      if (value != null) {
        input.take(value, event.timeMs());
      }
    }
  }

  private static <T, S> void steps(
      KeyedSteps<T, S> plan, LongFunction<Event> events, long count, Consumer<String> results) {
    Map<Long, S> states = new HashMap<>();
    select(
        plan.selection(),
        events,
        count,
        (value, timeMs) -> {
          long key = plan.key().key(value);
          Step<S> step = plan.function().step(states.get(key), value);
          states.put(key, step.state());
          step.results().forEach(results);
        });
  }

  private static <T> void folds(
      WindowedFolds<T> plan, LongFunction<Event> events, long count, Consumer<String> results) {
    Folding<?, ?, ?> last = null;
    for (int i = plan.folds().size() - 1; i >= 0; i--) {
      last = folding(plan.folds().get(i), last, results);
    }
    if (last == null) {
      throw new IllegalStateException("a plan without windows");
    }
    @SuppressWarnings("unchecked") // the first fold has the plan's values
    Folding<T, ?, ?> first = (Folding<T, ?, ?>) last;
    select(plan.selection(), events, count, first::take);
    first.close();
  }

  private static <T, A, R> Folding<T, A, R> folding(
      WindowedFold<T, A, R> fold, @Nullable Folding<?, ?, ?> next, Consumer<String> results) {
    if (next == null) {
      return new Folding<>(fold, (result, timeMs) -> results.accept((String) result), () -> {});
    }
    @SuppressWarnings("unchecked") // a fold has the results of the one before
    Folding<R, ?, ?> ofResults = (Folding<R, ?, ?>) next;
    return new Folding<>(fold, ofResults::take, ofResults::close);
  }

  /** Takes values in the order of time. */
  private interface Input<T> {

    void take(T value, long timeMs);
  }

  /** Windows that are filled. */
  private static final class Folding<T, A, R> {

    private final WindowedFold<T, A, R> fold;
    private final Input<R> results;
    private final Runnable end;

    /** By the start of the window and the key. */
    private final TreeMap<Long, Map<Long, A>> windows = new TreeMap<>();

    private final Map<Long, Session<A>> sessions = new HashMap<>();

    Folding(WindowedFold<T, A, R> fold, Input<R> results, Runnable end) {
      this.fold = fold;
      this.results = results;
      this.end = end;
    }

    void take(T value, long timeMs) {
      long key = fold.key().key(value);
      if (fold.windows().kind() == Kind.SESSION) {
        addToSession(key, value, timeMs);
        return;
      }
      if (fold.windows().kind() == Kind.CLOCK) {
        addTo(0, key, value);
        return;
      }
      closeUpTo(timeMs);
      long slideMs = fold.windows().slide().toMillis();
      long newest = timeMs - Math.floorMod(timeMs, slideMs);
      for (long start = newest; start > timeMs - sizeMs(); start -= slideMs) {
        addTo(start, key, value);
      }
    }

    private void addTo(long startMs, long key, T value) {
      windows
          .computeIfAbsent(startMs, start -> new HashMap<>())
          .compute(key, (same, sum) -> fold.add().with(sum == null ? fold.none() : sum, value));
    }

    private void addToSession(long key, T value, long timeMs) {
      Session<A> session = sessions.get(key);
      if (session != null && timeMs - session.lastMs <= sizeMs()) {
        A sum = fold.add().with(session.sum, value);
        sessions.put(key, new Session<>(session.startMs, timeMs, sum));
        return;
      }
      sessions.put(key, new Session<>(timeMs, timeMs, fold.add().with(fold.none(), value)));
      if (session != null) {
        emit(key, session);
      }
    }

    private void closeUpTo(long timeMs) {
      while (!windows.isEmpty() && windows.firstKey() + sizeMs() <= timeMs) {
        Map.Entry<Long, Map<Long, A>> window = windows.pollFirstEntry();
        long startMs = window.getKey();
        window.getValue().forEach((key, sum) -> emit(key, startMs, startMs + sizeMs(), sum));
      }
    }

    private void emit(long key, Session<A> session) {
      emit(key, session.startMs, session.lastMs + sizeMs(), session.sum);
    }

    private void emit(long key, long startMs, long endMs, A sum) {
      fold.results().of(key, startMs, endMs, sum).forEach(r -> results.take(r, endMs - 1));
    }

    void close() {
      closeUpTo(Long.MAX_VALUE);
      sessions.forEach(this::emit);
      end.run();
    }

    private long sizeMs() {
      return fold.windows().size().toMillis();
    }
  }

  /** Values of a key without a pause between them. */
  private record Session<A>(long startMs, long lastMs, A sum) {}
}
