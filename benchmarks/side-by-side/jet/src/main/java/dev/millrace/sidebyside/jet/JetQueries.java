package dev.millrace.sidebyside.jet;

import com.hazelcast.jet.Traversers;
import com.hazelcast.jet.aggregate.AggregateOperation;
import com.hazelcast.jet.aggregate.AggregateOperation1;
import com.hazelcast.jet.aggregate.AggregateOperations;
import com.hazelcast.jet.kafka.KafkaSources;
import com.hazelcast.jet.pipeline.Pipeline;
import com.hazelcast.jet.pipeline.StreamSourceStage;
import com.hazelcast.jet.pipeline.StreamStage;
import com.hazelcast.jet.pipeline.WindowDefinition;
import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.nexmark.EachEvent;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.EventJson;
import dev.millrace.sidebyside.nexmark.KeyedSteps;
import dev.millrace.sidebyside.nexmark.KeyedSteps.Step;
import dev.millrace.sidebyside.nexmark.QueryPlan;
import dev.millrace.sidebyside.nexmark.WindowShape;
import dev.millrace.sidebyside.nexmark.WindowedFold;
import dev.millrace.sidebyside.nexmark.WindowedFolds;
import java.io.Serializable;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Jet's stages for queries. */
final class JetQueries {

  private static final EventJson<Event> JSON = new EventJson<>(Event.class);

  /** Values that are just the pause apart are in two sessions for Jet, and in one here. */
  private static final long SESSION_MORE_MS = 1;

  private JetQueries() {}

  @SuppressWarnings("unchecked") // the last fold makes lines
  static StreamStage<String> results(
      Pipeline pipeline, Properties consumer, Query query, EngineTask task) {
    StreamSourceStage<Event> source =
        pipeline.readFrom(
            KafkaSources.<byte[], byte[], Event>kafka(consumer, JetQueries::event, task.input()));
    StreamStage<Event> events =
        query.isByEventTime()
            ? source.withNativeTimestamps(Query.DISORDER.toMillis())
            : source.withoutTimestamps();
    QueryPlan plan = query.plan();
    if (plan instanceof EachEvent each) {
      return events.map(each.result()::select);
    }
    if (plan instanceof KeyedSteps<?, ?> steps) {
      return stepped(events, steps);
    }
    WindowedFolds<?> folds = (WindowedFolds<?>) plan;
    StreamStage<?> stream = events.map(folds.selection()::select);
    for (WindowedFold<?, ?, ?> fold : folds.folds()) {
      stream = folded(stream, fold);
    }
    return (StreamStage<String>) stream;
  }

  private static Event event(ConsumerRecord<byte[], byte[]> record) {
    return JSON.decode(record.value());
  }

  private static <T, S> StreamStage<String> stepped(
      StreamStage<Event> events, KeyedSteps<T, S> steps) {
    return events
        .map(steps.selection()::select)
        .groupingKey(value -> steps.key().key(value))
        .flatMapStateful(
            Cell<S>::new,
            (cell, key, value) -> {
              Step<S> step = steps.function().step(cell.value, value);
              cell.value = step.state();
              return Traversers.traverseIterable(step.results());
            });
  }

  @SuppressWarnings("unchecked") // a fold has the results of the one before
  private static <T, A, R> StreamStage<R> folded(
      StreamStage<?> stream, WindowedFold<T, A, R> fold) {
    long more = fold.windows().kind() == WindowShape.Kind.SESSION ? SESSION_MORE_MS : 0;
    return ((StreamStage<T>) stream)
        .groupingKey(value -> fold.key().key(value))
        .window(windows(fold.windows()))
        .aggregate(operation(fold))
        .flatMap(
            result ->
                Traversers.traverseIterable(
                    fold.results()
                        .of(result.key(), result.start(), result.end() - more, result.result())));
  }

  @SuppressWarnings("unchecked") // a count's accumulator is a Long
  private static <T, A> AggregateOperation1<T, ?, A> operation(WindowedFold<T, A, ?> fold) {
    if (fold.isCount()) {
      return (AggregateOperation1<T, ?, A>) AggregateOperations.<T>counting();
    }
    return AggregateOperation.withCreate(() -> new Cell<>(fold.none()))
        .<T>andAccumulate((cell, value) -> cell.value = fold.add().with(cell.content(), value))
        .andCombine(
            (cell, other) -> cell.value = fold.merge().with(cell.content(), other.content()))
        .andExportFinish(Cell::content);
  }

  private static WindowDefinition windows(WindowShape shape) {
    return switch (shape.kind()) {
      case TUMBLING -> WindowDefinition.tumbling(shape.size().toMillis());
      case SLIDING -> WindowDefinition.sliding(shape.size().toMillis(), shape.slide().toMillis());
      case SESSION -> WindowDefinition.session(shape.size().toMillis() + SESSION_MORE_MS);
      case CLOCK -> throw new IllegalArgumentException("windows by the clock: " + shape);
    };
  }

  /** A value that is replaced, as Jet's accumulators and states are. */
  private static final class Cell<V> implements Serializable {

    private static final long serialVersionUID = 1L;

    private @Nullable V value;

    Cell() {}

    Cell(V value) {
      this.value = value;
    }

    V content() {
      if (value == null) {
        throw new IllegalStateException("nothing in it");
      }
      return value;
    }
  }
}
