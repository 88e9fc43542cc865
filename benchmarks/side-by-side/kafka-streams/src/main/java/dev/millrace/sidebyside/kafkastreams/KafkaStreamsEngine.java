package dev.millrace.sidebyside.kafkastreams;

import static org.apache.kafka.common.serialization.Serdes.ByteArray;
import static org.apache.kafka.common.serialization.Serdes.Long;
import static org.apache.kafka.common.serialization.Serdes.String;

import dev.millrace.sidebyside.engine.Engine;
import dev.millrace.sidebyside.engine.EngineMain;
import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.Tuning;
import dev.millrace.sidebyside.engine.WordJob;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * Kafka Streams.
 *
 * <p>For throughput its documentation advises a thread per core, large polls and batches,
 * compression, fewer commits (once a second, as of all engines), and a cache that holds what
 * changes between two of them; for latency short commits and no linger; for recovery static
 * members, which a broker does not wait for.
 *
 * <p>Its stream time is the greatest timestamp a task has seen, so that with a grace of no more
 * than the disorder of the input it drops what the slower of two input partitions holds. As advised
 * for input that is read from its beginning it has a grace of twenty windows.
 */
public final class KafkaStreamsEngine implements Engine {

  /** Less than what the input goes on for after what counts. */
  private static final Duration REPLAY_GRACE = WordJob.WINDOW.multipliedBy(20);

  /** The same for queries. */
  private static final Duration QUERY_GRACE = Query.AFTER.multipliedBy(5).dividedBy(6);

  private @Nullable KafkaStreams streams;

  /** Runs the engine. */
  public static void main(String[] args) {
    EngineMain.run(new KafkaStreamsEngine(), args);
  }

  @Override
  public String version() {
    return "Kafka Streams " + AppInfoParser.getVersion();
  }

  @Override
  public Map<String, String> settings(EngineTask task) {
    Map<String, String> settings = new HashMap<>();
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    if (task.tuning() == Tuning.DEFAULTS) {
      return settings;
    }
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, String.valueOf(task.parallelism()));
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, String.valueOf(256L << 20));
    String linger = StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG);
    if (task.goal() == Goal.THROUGHPUT) {
      settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "1000");
      settings.put(linger, "20");
      // Windows that close at once may take longer than the 10 s it has, and a thread that is
      // fenced
      // falls behind the other by more than any grace. This is what brokers allow by default.
      settings.put(
          StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), "900000");
      settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
      settings.put(
          StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG),
          String.valueOf(128 << 10));
      settings.put(
          StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG),
          String.valueOf(5000));
    } else {
      settings.put(linger, "0");
      settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "20");
    }
    if (task.goal() == Goal.RECOVERY) {
      settings.put(
          StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), "instance");
    }
    return settings;
  }

  @Override
  public void start(EngineTask task) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, task.name());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.bootstrapServers());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, task.stateDirectory().toString());
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.putAll(settings(task));
    properties.putAll(task.overrides());

    StreamsBuilder builder = new StreamsBuilder();
    if (task.workload() instanceof Query query) {
      new KafkaStreamsQueries(builder, grace(task, QUERY_GRACE, Query.DISORDER))
          .define(query.plan(), task);
    } else {
      defineCounts(builder, (WordJob) task.workload(), task);
    }

    KafkaStreams started = new KafkaStreams(builder.build(properties), properties);
    started.setUncaughtExceptionHandler(
        failure -> {
          EngineMain.fail(failure);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams = started;
    started.start();
  }

  private static void defineCounts(StreamsBuilder builder, WordJob counts, EngineTask task) {
    KStream<String, String> words =
        builder.stream(task.input(), Consumed.with(ByteArray(), String()))
            .selectKey((key, word) -> word);
    for (int i = 1; i < task.shuffles(); i++) {
      words = words.repartition(Repartitioned.with(String(), String()));
    }
    KGroupedStream<String, String> byWord =
        words.groupBy((key, word) -> word, Grouped.with(String(), String()));
    KStream<String, String> results =
        switch (counts) {
          case RUNNING_COUNT ->
              byWord
                  .count(Materialized.with(String(), Long()))
                  .toStream()
                  .mapValues(String::valueOf);
          case WINDOW_COUNT ->
              byWord
                  .windowedBy(
                      TimeWindows.ofSizeAndGrace(
                          WordJob.WINDOW, grace(task, REPLAY_GRACE, WordJob.DISORDER)))
                  .emitStrategy(EmitStrategy.onWindowClose())
                  .count(
                      Materialized.<String, Long, WindowStore<Bytes, byte[]>>with(String(), Long()))
                  .toStream(
                      (window, count) -> WordJob.windowKey(window.key(), window.window().start()))
                  .mapValues(String::valueOf);
        };
    results.to(task.output(), Produced.with(String(), String()));
  }

  private static Duration grace(EngineTask task, Duration advised, Duration otherwise) {
    return task.tuning() == Tuning.ADVISED ? advised : otherwise;
  }

  @Override
  public void close() {
    if (streams != null) {
      streams.close(Duration.ofSeconds(10));
    }
  }
}
