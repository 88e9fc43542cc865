package dev.millrace.sidebyside.kafkastreams;

import dev.millrace.sidebyside.nexmark.WindowedFold;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * Windows that are over when the clock says so, which Kafka Streams has no operator for: a row per
 * key, and a punctuation that emits and deletes them all.
 */
record WindowsByClock<T, A, R>(WindowedFold<T, A, R> fold, Serde<A> serde)
    implements ProcessorSupplier<Long, T, Long, R> {

  private static final String STORE = "window";

  @Override
  public Set<StoreBuilder<?>> stores() {
    return Set.of(
        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.Long(), serde)
            .withCachingEnabled());
  }

  @Override
  public Processor<Long, T, Long, R> get() {
    return new Rows<>(fold);
  }

  private static final class Rows<T, A, R> extends ContextualProcessor<Long, T, Long, R> {

    private final WindowedFold<T, A, R> fold;
    private @Nullable KeyValueStore<Long, A> rows;

    Rows(WindowedFold<T, A, R> fold) {
      this.fold = fold;
    }

    @Override
    public void init(ProcessorContext<Long, R> context) {
      super.init(context);
      KeyValueStore<Long, A> store = context.getStateStore(STORE);
      rows = store;
      context.schedule(
          Instant.EPOCH,
          fold.windows().size(),
          PunctuationType.WALL_CLOCK_TIME,
          timeMs -> close(store, timeMs));
    }

    @Override
    public void process(Record<Long, T> record) {
      KeyValueStore<Long, A> store = rows;
      if (store == null) {
        throw new IllegalStateException("not open");
      }
      A sum = store.get(record.key());
      store.put(record.key(), fold.add().with(sum == null ? fold.none() : sum, record.value()));
    }

    private void close(KeyValueStore<Long, A> store, long nowMs) {
      long sizeMs = fold.windows().size().toMillis();
      long endMs = nowMs - nowMs % sizeMs;
      try (KeyValueIterator<Long, A> all = store.all()) {
        while (all.hasNext()) {
          KeyValue<Long, A> row = all.next();
          fold.results()
              .of(row.key, endMs - sizeMs, endMs, row.value)
              .forEach(result -> context().forward(new Record<>(row.key, result, nowMs)));
          store.delete(row.key);
        }
      }
    }
  }
}
