package dev.millrace.sidebyside.flink;

import dev.millrace.sidebyside.engine.Engine;
import dev.millrace.sidebyside.engine.EngineMain;
import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Payment;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.Tuning;
import dev.millrace.sidebyside.engine.WordJob;
import dev.millrace.sidebyside.nexmark.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.kafka.common.utils.AppInfoParser;
import org.jspecify.annotations.Nullable;

/**
 * Flink in one JVM: a cluster of one job manager and one task manager, with a slot for each
 * partition, or processor if there are more partitions.
 *
 * <p>It has no default for how often it takes checkpoints, which is when results become visible;
 * once a second is what its examples have. Its documentation advises object reuse where functions
 * keep no records, as here, incremental checkpoints and enough managed memory for RocksDB; for
 * latency frequent checkpoints and no wait for full buffers. Settings of its Kafka clients start
 * with {@code source.} and {@code sink.}; for throughput they are what Kafka's documentation
 * advises, as for Kafka Streams.
 *
 * <p>A run that finds checkpoints in its state directory goes on from the last one.
 */
public final class FlinkEngine implements Engine {

  /** The name of the engine that keeps its state in RocksDB; the other one keeps it on the heap. */
  private static final String ROCKSDB = "flink-rocksdb";

  private static final String SOURCE = "source.";
  private static final String SINK = "sink.";

  private @Nullable JobClient job;

  /** Runs the engine. */
  public static void main(String[] args) {
    EngineMain.run(new FlinkEngine(), args);
  }

  @Override
  public String version() {
    return "Flink "
        + EnvironmentInformation.getVersion()
        + ", kafka-clients "
        + AppInfoParser.getVersion();
  }

  @Override
  public Map<String, String> settings(EngineTask task) {
    boolean rocksDb = task.engine().equals(ROCKSDB);
    Map<String, String> settings = new HashMap<>();
    settings.put("parallelism.default", String.valueOf(task.parallelism()));
    settings.put("taskmanager.numberOfTaskSlots", String.valueOf(task.parallelism()));
    settings.put("state.backend.type", rocksDb ? "rocksdb" : "hashmap");
    settings.put("execution.checkpointing.interval", "1s");
    settings.put("execution.checkpointing.mode", "EXACTLY_ONCE");
    settings.put(
        "execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
    if (task.tuning() == Tuning.ADVISED) {
      settings.put("pipeline.object-reuse", "true");
      if (rocksDb) {
        settings.put("execution.checkpointing.incremental", "true");
        settings.put("taskmanager.memory.managed.size", "256m");
      }
      if (task.goal() == Goal.THROUGHPUT) {
        settings.put(SOURCE + "max.poll.records", "5000");
        settings.put(SINK + "linger.ms", "20");
        settings.put(SINK + "batch.size", String.valueOf(128 << 10));
        settings.put(SINK + "compression.type", "lz4");
      } else {
        settings.put("execution.checkpointing.interval", "100ms");
        settings.put("execution.buffer-timeout.interval", "0ms");
      }
    }
    return settings;
  }

  @Override
  public void start(EngineTask task) throws Exception {
    Map<String, String> settings = settings(task);
    settings.putAll(task.overrides());
    settings.put("execution.checkpointing.dir", checkpoints(task).toUri().toString());
    lastCheckpoint(task)
        .ifPresent(path -> settings.put("execution.state-recovery.path", path.toUri().toString()));
    Properties source = clientSettings(SOURCE, settings);
    Properties sink = clientSettings(SINK, settings);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(Configuration.fromMap(settings));

    if (task.workload() instanceof Query query) {
      DataStream<Event> events =
          read(
              environment,
              task,
              source,
              new JsonSchema<>(Event.class),
              query.isByEventTime()
                  ? WatermarkStrategy.forBoundedOutOfOrderness(Query.DISORDER)
                  : WatermarkStrategy.noWatermarks());
      FlinkQueries.results(events, query.plan()).sinkTo(lines(task, sink));
    } else if (task.workload() instanceof PatternJob) {
      DataStream<Payment> payments =
          read(
              environment,
              task,
              source,
              new JsonSchema<>(Payment.class),
              WatermarkStrategy.forBoundedOutOfOrderness(PatternJob.DISORDER));
      FlinkPatterns.results(payments).sinkTo(lines(task, sink));
    } else {
      counts(environment, (WordJob) task.workload(), task, source)
          .sinkTo(sink(task, sink, new CountRecords(task.output())));
    }
    JobClient started = environment.executeAsync(task.name());
    job = started;
    started
        .getJobExecutionResult()
        .whenComplete(
            (result, failure) -> {
              if (failure != null && job != null) {
                EngineMain.fail(failure);
              }
            });
  }

  private static <T> DataStream<T> read(
      StreamExecutionEnvironment environment,
      EngineTask task,
      Properties settings,
      DeserializationSchema<T> values,
      WatermarkStrategy<T> watermarks) {
    KafkaSource<T> source =
        KafkaSource.<T>builder()
            .setBootstrapServers(task.bootstrapServers())
            .setGroupId(task.name())
            .setTopics(task.input())
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setProperties(settings)
            .setProperty("isolation.level", "read_committed")
            .setValueOnlyDeserializer(values)
            .build();
    return environment.fromSource(source, watermarks, "input");
  }

  private static DataStream<Count> counts(
      StreamExecutionEnvironment environment, WordJob counts, EngineTask task, Properties source) {
    DataStream<String> words =
        read(
            environment,
            task,
            source,
            new SimpleStringSchema(),
            counts == WordJob.WINDOW_COUNT
                ? WatermarkStrategy.forBoundedOutOfOrderness(WordJob.DISORDER)
                : WatermarkStrategy.noWatermarks());
    for (int i = 1; i < task.shuffles(); i++) {
      // Without a step between them two shuffles are one.
      words = words.rebalance().map(word -> word);
    }
    KeyedStream<String, String> byWord = words.keyBy(word -> word);
    return switch (counts) {
      case RUNNING_COUNT -> byWord.process(new RunningCount());
      case WINDOW_COUNT ->
          byWord
              .window(TumblingEventTimeWindows.of(WordJob.WINDOW))
              .aggregate(new Add(), new KeyByWindow());
    };
  }

  /** Takes the settings of a client away from Flink's. */
  private static Properties clientSettings(String prefix, Map<String, String> settings) {
    Properties properties = new Properties();
    settings.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            properties.setProperty(key.substring(prefix.length()), value);
          }
        });
    settings.keySet().removeIf(key -> key.startsWith(prefix));
    return properties;
  }

  private static KafkaSink<String> lines(EngineTask task, Properties settings) {
    return sink(
        task,
        settings,
        KafkaRecordSerializationSchema.<String>builder()
            .setTopic(task.output())
            .setValueSerializationSchema(new SimpleStringSchema())
            .build());
  }

  private static <T> KafkaSink<T> sink(
      EngineTask task, Properties settings, KafkaRecordSerializationSchema<T> records) {
    return KafkaSink.<T>builder()
        .setBootstrapServers(task.bootstrapServers())
        .setRecordSerializer(records)
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(task.name())
        .setKafkaProducerConfig(settings)
        // Longer than any pause between checkpoints, and what brokers allow by default.
        .setProperty("transaction.timeout.ms", "900000")
        .build();
  }

  private static Path checkpoints(EngineTask task) {
    return task.sharedDirectory().resolve("checkpoints");
  }

  /** The newest checkpoint that is complete. */
  private static Optional<Path> lastCheckpoint(EngineTask task) {
    if (!Files.isDirectory(checkpoints(task))) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.walk(checkpoints(task), 3)) {
      return files
          .filter(file -> file.endsWith("_metadata"))
          .max(Comparator.comparing(FlinkEngine::modified))
          .map(Path::getParent);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    JobClient running = job;
    job = null;
    if (running != null) {
      try {
        running.cancel().get(10, TimeUnit.SECONDS);
      } catch (Exception e) {
        // It ends with its JVM.
        System.err.println("not cancelled: " + e);
      }
    }
  }
}
