package dev.millrace.sidebyside.kafkastreams;

import static org.apache.kafka.common.serialization.Serdes.ByteArray;
import static org.apache.kafka.common.serialization.Serdes.Long;
import static org.apache.kafka.common.serialization.Serdes.String;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.nexmark.EachEvent;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.EventJson;
import dev.millrace.sidebyside.nexmark.KeyedSteps;
import dev.millrace.sidebyside.nexmark.KeyedSteps.Step;
import dev.millrace.sidebyside.nexmark.QueryPlan;
import dev.millrace.sidebyside.nexmark.Selection;
import dev.millrace.sidebyside.nexmark.WindowShape;
import dev.millrace.sidebyside.nexmark.WindowedFold;
import dev.millrace.sidebyside.nexmark.WindowedFolds;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/** Kafka Streams' topologies for queries. */
final class KafkaStreamsQueries {

  private final StreamsBuilder builder;
  private final Duration grace;

  /**
   * Creates a writer of topologies.
   *
   * @param grace how long results wait for what is late, in all windows that they are made of
   */
  KafkaStreamsQueries(StreamsBuilder builder, Duration grace) {
    this.builder = builder;
    this.grace = grace;
  }

  void define(QueryPlan plan, EngineTask task) {
    KStream<byte[], Event> events =
        builder.stream(task.input(), Consumed.with(ByteArray(), serde(Event.class)));
    results(events, plan)
        .map((key, line) -> KeyValue.pair((byte[]) null, (String) line))
        .to(task.output(), Produced.with(ByteArray(), String()));
  }

  private KStream<?, ?> results(KStream<byte[], Event> events, QueryPlan plan) {
    if (plan instanceof EachEvent each) {
      return selected(events, each.result());
    }
    if (plan instanceof KeyedSteps<?, ?> steps) {
      return stepped(events, steps);
    }
    WindowedFolds<?> folds = (WindowedFolds<?>) plan;
    KStream<?, ?> stream = selected(events, folds.selection());
    for (WindowedFold<?, ?, ?> fold : folds.folds()) {
      stream = folded(stream, fold, grace.dividedBy(folds.folds().size()));
    }
    return stream;
  }

  private static <T> KStream<byte[], T> selected(
      KStream<byte[], Event> events, Selection<T> selection) {
    return events.flatMapValues(
        event -> {
          T value = selection.select(event);
          return value == null ? List.of() : List.of(value);
        });
  }

  private static <T, S> KStream<Long, String> stepped(
      KStream<byte[], Event> events, KeyedSteps<T, S> steps) {
    return selected(events, steps.selection())
        .selectKey((none, value) -> steps.key().key(value))
        .repartition(Repartitioned.with(Long(), serde(steps.type())))
        .processValues(new Steps<>(steps));
  }

  @SuppressWarnings("unchecked") // a fold has the results of the one before
  private static <T, A, R> KStream<Long, R> folded(
      KStream<?, ?> stream, WindowedFold<T, A, R> fold, Duration grace) {
    KStream<?, T> values = (KStream<?, T>) stream;
    if (fold.windows().kind() == WindowShape.Kind.CLOCK) {
      return values
          .selectKey((before, value) -> fold.key().key(value))
          .repartition(Repartitioned.with(Long(), serde(fold.type())))
          .process(new WindowsByClock<>(fold, serde(fold.accumulatorType())));
    }
    KGroupedStream<Long, T> byKey =
        values.groupBy(
            (before, value) -> fold.key().key(value), Grouped.with(Long(), serde(fold.type())));
    // Sessions are kept with their last moment as their end.
    long pauseMs =
        fold.windows().kind() == WindowShape.Kind.SESSION ? fold.windows().size().toMillis() : 0;
    return sums(byKey, fold, grace).toStream().process(() -> new Results<>(fold, pauseMs));
  }

  private static <T, A, R> KTable<Windowed<Long>, A> sums(
      KGroupedStream<Long, T> byKey, WindowedFold<T, A, R> fold, Duration grace) {
    WindowShape shape = fold.windows();
    Serde<A> serde = serde(fold.accumulatorType());
    return switch (shape.kind()) {
      case TUMBLING, SLIDING ->
          byKey
              .windowedBy(TimeWindows.ofSizeAndGrace(shape.size(), grace).advanceBy(shape.slide()))
              .emitStrategy(EmitStrategy.onWindowClose())
              .aggregate(
                  fold::none,
                  (key, value, sum) -> fold.add().with(sum, value),
                  Materialized.<Long, A, WindowStore<Bytes, byte[]>>with(Long(), serde));
      case SESSION ->
          byKey
              .windowedBy(SessionWindows.ofInactivityGapAndGrace(shape.size(), grace))
              .emitStrategy(EmitStrategy.onWindowClose())
              .aggregate(
                  fold::none,
                  (key, value, sum) -> fold.add().with(sum, value),
                  (key, left, right) -> fold.merge().with(left, right),
                  Materialized.<Long, A, SessionStore<Bytes, byte[]>>with(Long(), serde));
      case CLOCK -> throw new IllegalArgumentException("no windows by event time: " + shape);
    };
  }

  /**
   * The maker of results, with the last moment of their windows as their times. A sum has that of
   * its last value, so that sums of a window would be in several windows of what comes next.
   */
  private static final class Results<A, R> extends ContextualProcessor<Windowed<Long>, A, Long, R> {

    private final WindowedFold<?, A, R> fold;
    private final long pauseMs;

    Results(WindowedFold<?, A, R> fold, long pauseMs) {
      this.fold = fold;
      this.pauseMs = pauseMs;
    }

    @Override
    public void process(Record<Windowed<Long>, A> sum) {
      long key = sum.key().key();
      long endMs = sum.key().window().end() + pauseMs;
      fold.results()
          .of(key, sum.key().window().start(), endMs, sum.value())
          .forEach(result -> context().forward(new Record<>(key, result, endMs - 1)));
    }
  }

  @SuppressWarnings("unchecked") // the class is checked
  private static <T> Serde<T> serde(Class<T> type) {
    if (type == Long.class) {
      return (Serde<T>) Long();
    }
    EventJson<T> json = new EventJson<>(type);
    return Serdes.serdeFrom(
        (topic, value) -> value == null ? null : json.encode(value),
        (topic, bytes) -> bytes == null ? null : json.decode(bytes));
  }

  /** The maker of steps with a state in a store. */
  private record Steps<T, S>(KeyedSteps<T, S> steps)
      implements FixedKeyProcessorSupplier<Long, T, String> {

    private static final String STORE = "known";

    @Override
    public Set<StoreBuilder<?>> stores() {
      return Set.of(
          Stores.keyValueStoreBuilder(
                  Stores.persistentKeyValueStore(STORE), Long(), serde(steps.stateType()))
              .withCachingEnabled());
    }

    @Override
    public FixedKeyProcessor<Long, T, String> get() {
      return new ContextualFixedKeyProcessor<>() {

        private @Nullable KeyValueStore<Long, S> known;

        @Override
        public void init(FixedKeyProcessorContext<Long, String> context) {
          super.init(context);
          known = context.getStateStore(STORE);
        }

        @Override
        public void process(FixedKeyRecord<Long, T> record) {
          KeyValueStore<Long, S> store = known;
          if (store == null) {
            throw new IllegalStateException("not open");
          }
          S before = store.get(record.key());
          Step<S> step = steps.function().step(before, record.value());
          if (!step.state().equals(before)) {
            store.put(record.key(), step.state());
          }
          step.results().forEach(line -> context().forward(record.withValue(line)));
        }
      };
    }
  }
}
