package dev.millrace.sidebyside.flink;

import dev.millrace.sidebyside.nexmark.EachEvent;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.KeyedSteps;
import dev.millrace.sidebyside.nexmark.KeyedSteps.Step;
import dev.millrace.sidebyside.nexmark.QueryPlan;
import dev.millrace.sidebyside.nexmark.Selection;
import dev.millrace.sidebyside.nexmark.WindowShape;
import dev.millrace.sidebyside.nexmark.WindowedFold;
import dev.millrace.sidebyside.nexmark.WindowedFolds;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingProcessingTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.WindowAssigner;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Flink's jobs for queries. */
final class FlinkQueries {

  private FlinkQueries() {}

  @SuppressWarnings("unchecked") // the last fold makes lines
  static DataStream<String> results(DataStream<Event> events, QueryPlan plan) {
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
    return (DataStream<String>) stream;
  }

  private static <T> DataStream<T> selected(DataStream<Event> events, WindowedFolds<T> folds) {
    return selected(events, folds.type(), folds.selection());
  }

  private static <T> DataStream<T> selected(
      DataStream<Event> events, Class<T> type, Selection<T> selection) {
    return events.flatMap(
        (event, out) -> {
          T value = selection.select(event);
          if (value != null) {
            out.collect(value);
          }
        },
        TypeInformation.of(type));
  }

  private static <T, S> DataStream<String> stepped(
      DataStream<Event> events, KeyedSteps<T, S> steps) {
    return selected(events, steps.type(), steps.selection())
        .keyBy(value -> steps.key().key(value), Types.LONG)
        .process(new Steps<>(steps), Types.STRING);
  }

  @SuppressWarnings("unchecked") // a fold has the results of the one before
  private static <T, A, R> DataStream<R> folded(DataStream<?> stream, WindowedFold<T, A, R> fold) {
    KeyedStream<T, Long> byKey =
        ((DataStream<T>) stream).keyBy(value -> fold.key().key(value), Types.LONG);
    return byKey
        .window(windows(fold.windows()))
        .aggregate(
            new Folding<>(fold),
            new Results<>(fold),
            TypeInformation.of(fold.accumulatorType()),
            TypeInformation.of(fold.resultType()));
  }

  private static WindowAssigner<Object, TimeWindow> windows(WindowShape shape) {
    return switch (shape.kind()) {
      case TUMBLING -> TumblingEventTimeWindows.of(shape.size());
      case SLIDING -> SlidingEventTimeWindows.of(shape.size(), shape.slide());
      case SESSION -> EventTimeSessionWindows.withGap(shape.size());
      case CLOCK -> TumblingProcessingTimeWindows.of(shape.size());
    };
  }

  private static final class Steps<T, S> extends KeyedProcessFunction<Long, T, String> {

    private static final long serialVersionUID = 1L;

    private final KeyedSteps<T, S> steps;
    private transient @Nullable ValueState<S> known;

    Steps(KeyedSteps<T, S> steps) {
      this.steps = steps;
    }

    @Override
    public void open(OpenContext context) {
      known =
          getRuntimeContext()
              .getState(new ValueStateDescriptor<>("known", TypeInformation.of(steps.stateType())));
    }

    @Override
    public void processElement(T value, Context context, Collector<String> out) throws Exception {
      ValueState<S> state = known;
      if (state == null) {
        throw new IllegalStateException("not open");
      }
      S before = state.value();
      Step<S> step = steps.function().step(before, value);
      if (!step.state().equals(before)) {
        state.update(step.state());
      }
      step.results().forEach(out::collect);
    }
  }

  private static final class Folding<T, A> implements AggregateFunction<T, A, A> {

    private static final long serialVersionUID = 1L;

    private final WindowedFold<T, A, ?> fold;

    Folding(WindowedFold<T, A, ?> fold) {
      this.fold = fold;
    }

    @Override
    public A createAccumulator() {
      return fold.none();
    }

    @Override
    public A add(T value, A sum) {
      return fold.add().with(sum, value);
    }

    @Override
    public A getResult(A sum) {
      return sum;
    }

    @Override
    public A merge(A left, A right) {
      return fold.merge().with(left, right);
    }
  }

  private static final class Results<A, R> implements WindowFunction<A, R, Long, TimeWindow> {

    private static final long serialVersionUID = 1L;

    private final WindowedFold<?, A, R> fold;

    Results(WindowedFold<?, A, R> fold) {
      this.fold = fold;
    }

    @Override
    public void apply(Long key, TimeWindow window, Iterable<A> sums, Collector<R> out) {
      for (A sum : sums) {
        fold.results().of(key, window.getStart(), window.getEnd(), sum).forEach(out::collect);
      }
    }
  }
}
