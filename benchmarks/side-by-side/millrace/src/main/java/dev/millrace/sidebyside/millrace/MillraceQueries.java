package dev.millrace.sidebyside.millrace;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.WindowedStream;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.nexmark.EachEvent;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.KeyedSteps;
import dev.millrace.sidebyside.nexmark.KeyedSteps.Step;
import dev.millrace.sidebyside.nexmark.QueryPlan;
import dev.millrace.sidebyside.nexmark.Selection;
import dev.millrace.sidebyside.nexmark.WindowShape;
import dev.millrace.sidebyside.nexmark.WindowedFold;
import dev.millrace.sidebyside.nexmark.WindowedFolds;
import dev.millrace.state.ValueState;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowResult;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;

/** Millrace's jobs for queries. */
final class MillraceQueries {

  private MillraceQueries() {}

  static void define(Job job, Query query, EngineTask task) {
    KafkaSource<Event> source = KafkaSource.json(task.input(), Event.class);
    DataStream<Event> events =
        job.source(
            query.isByEventTime()
                ? source.watermarks(Watermarks.boundedOutOfOrderness(Query.DISORDER))
                : source);
    results(events, query.plan()).to(KafkaSink.strings(task.output()));
  }

  private static DataStream<?> results(DataStream<Event> events, QueryPlan plan) {
    if (plan instanceof EachEvent each) {
      return selected(events, String.class, each.result());
    }
    if (plan instanceof KeyedSteps<?, ?> steps) {
      return stepped(events, steps);
    }
    WindowedFolds<?> folds = (WindowedFolds<?>) plan;
    DataStream<?> stream = selected(events, folds);
    for (WindowedFold<?, ?, ?> fold : folds.folds()) {
      stream = folded(stream, fold);
    }
    return stream;
  }

  private static <T> DataStream<T> selected(DataStream<Event> events, WindowedFolds<T> folds) {
    return selected(events, folds.type(), folds.selection());
  }

  private static <T> DataStream<T> selected(
      DataStream<Event> events, Class<T> type, Selection<T> selection) {
    return events.flatMap(
        type,
        (event, out) -> {
          T value = selection.select(event);
          if (value != null) {
            out.emit(value);
          }
        });
  }

  private static <T, S> DataStream<String> stepped(
      DataStream<Event> events, KeyedSteps<T, S> steps) {
    return selected(events, steps.type(), steps.selection())
        .keyBy(Long.class, steps.key()::key)
        .process(() -> new Steps<>(steps));
  }

  @SuppressWarnings("unchecked") // a fold has the results of the one before
  private static <T, A, R> DataStream<R> folded(DataStream<?> stream, WindowedFold<T, A, R> fold) {
    WindowedStream<Long, T> windows =
        ((DataStream<T>) stream).keyBy(Long.class, fold.key()::key).window(windows(fold.windows()));
    DataStream<?> sums = fold.isCount() ? windows.count() : windows.aggregate(new Folding<>(fold));
    return ((DataStream<WindowResult<Long, A>>) sums)
        .flatMap(
            fold.resultType(),
            (result, out) ->
                fold.results()
                    .of(
                        result.key(),
                        result.window().start().toEpochMilli(),
                        result.window().end().toEpochMilli(),
                        result.value())
                    .forEach(out::emit));
  }

  private static WindowSpec<Object> windows(WindowShape shape) {
    return switch (shape.kind()) {
      case TUMBLING -> Windows.tumbling(shape.size());
      case SLIDING -> Windows.sliding(shape.size(), shape.slide());
      case SESSION -> Windows.session(shape.size());
      case CLOCK -> Windows.tumbling(shape.size()).inProcessingTime();
    };
  }

  private static final class Steps<T, S> extends KeyedProcessFunction<Long, T, String> {

    private final KeyedSteps<T, S> steps;
    private final ValueState<S> known;

    Steps(KeyedSteps<T, S> steps) {
      this.steps = steps;
      this.known = state.value("known", steps.stateType());
    }

    @Override
    public void onRecord(T value, Context context) {
      S before = known.value();
      Step<S> step = steps.function().step(before, value);
      if (!step.state().equals(before)) {
        known.set(step.state());
      }
      step.results().forEach(context::emit);
    }
  }

  private record Folding<T, A>(WindowedFold<T, A, ?> fold) implements Aggregation<T, A, A> {

    @Override
    public A create() {
      return fold.none();
    }

    @Override
    public A add(A sum, T value) {
      return fold.add().with(sum, value);
    }

    @Override
    public A merge(A left, A right) {
      return fold.merge().with(left, right);
    }

    @Override
    public A finish(A sum) {
      return sum;
    }

    @Override
    public TypeRef<A> accumulatorType() {
      return TypeRef.of(fold.accumulatorType());
    }

    @Override
    public TypeRef<A> resultType() {
      return TypeRef.of(fold.accumulatorType());
    }
  }
}
