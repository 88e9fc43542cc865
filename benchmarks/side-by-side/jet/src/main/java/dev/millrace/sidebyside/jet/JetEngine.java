package dev.millrace.sidebyside.jet;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.function.FunctionEx;
import com.hazelcast.instance.BuildInfoProvider;
import com.hazelcast.jet.Job;
import com.hazelcast.jet.Util;
import com.hazelcast.jet.aggregate.AggregateOperations;
import com.hazelcast.jet.config.JobConfig;
import com.hazelcast.jet.config.ProcessingGuarantee;
import com.hazelcast.jet.kafka.KafkaSinks;
import com.hazelcast.jet.kafka.KafkaSources;
import com.hazelcast.jet.pipeline.Pipeline;
import com.hazelcast.jet.pipeline.Sink;
import com.hazelcast.jet.pipeline.StreamSourceStage;
import com.hazelcast.jet.pipeline.StreamStage;
import com.hazelcast.jet.pipeline.StreamStageWithKey;
import com.hazelcast.jet.pipeline.WindowDefinition;
import dev.millrace.sidebyside.engine.Engine;
import dev.millrace.sidebyside.engine.EngineMain;
import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.Tuning;
import dev.millrace.sidebyside.engine.WordJob;
import java.util.HashMap;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.AppInfoParser;
import org.jspecify.annotations.Nullable;

/**
 * Hazelcast Jet as a single member.
 *
 * <p>With exactly-once results are visible after a snapshot, of which it takes one in ten seconds
 * by default; its documentation advises shorter intervals for latency. Snapshots are in the memory
 * of the cluster, so that a single member that was killed has none to go on from. Settings of its
 * Kafka clients start with {@code source.} and {@code sink.}; for throughput they are what Kafka's
 * documentation advises, as for Kafka Streams.
 */
public final class JetEngine implements Engine {

  /** Settings of a job, which has no properties for them. */
  private static final String SNAPSHOT_INTERVAL = "snapshotIntervalMillis";

  private static final String SOURCE = "source.";
  private static final String SINK = "sink.";

  private @Nullable HazelcastInstance member;

  /** Runs the engine. */
  public static void main(String[] args) {
    EngineMain.run(new JetEngine(), args);
  }

  @Override
  public String version() {
    return "Hazelcast "
        + BuildInfoProvider.getBuildInfo().getVersion()
        + ", kafka-clients "
        + AppInfoParser.getVersion();
  }

  @Override
  public Map<String, String> settings(EngineTask task) {
    Map<String, String> settings = new HashMap<>();
    settings.put("processingGuarantee", ProcessingGuarantee.EXACTLY_ONCE.name());
    if (task.tuning() == Tuning.ADVISED) {
      boolean throughput = task.goal() == Goal.THROUGHPUT;
      settings.put(SNAPSHOT_INTERVAL, throughput ? "1000" : "100");
      if (throughput) {
        settings.put(SOURCE + "max.poll.records", "5000");
        settings.put(SINK + "linger.ms", "20");
        settings.put(SINK + "batch.size", String.valueOf(128 << 10));
        settings.put(SINK + "compression.type", "lz4");
      }
    }
    return settings;
  }

  @Override
  public void start(EngineTask task) {
    Map<String, String> settings = settings(task);
    settings.putAll(task.overrides());
    JobConfig jobConfig =
        new JobConfig()
            .setName(task.name())
            .setProcessingGuarantee(
                ProcessingGuarantee.valueOf(settings.get("processingGuarantee")));
    String interval = settings.get(SNAPSHOT_INTERVAL);
    if (interval != null) {
      jobConfig.setSnapshotIntervalMillis(Long.parseLong(interval));
    }
    HazelcastInstance started = Hazelcast.newHazelcastInstance(alone(task));
    member = started;
    Job job = started.getJet().newJob(pipeline(task, settings), jobConfig);
    job.getFuture()
        .whenComplete(
            (result, failure) -> {
              if (failure != null && member != null) {
                EngineMain.fail(failure);
              }
            });
  }

  private static Pipeline pipeline(EngineTask task, Map<String, String> settings) {
    Pipeline pipeline = Pipeline.create();
    Properties producer = producer(task, settings);
    String output = task.output();
    if (task.workload() instanceof Query query) {
      Properties consumer = consumer(task, ByteArrayDeserializer.class, settings);
      JetQueries.results(pipeline, consumer, query, task)
          .writeTo(sink(producer, line -> new ProducerRecord<>(output, line)));
    } else {
      Properties consumer = consumer(task, StringDeserializer.class, settings);
      counts(pipeline, (WordJob) task.workload(), task, consumer)
          .writeTo(
              sink(
                  producer,
                  count ->
                      new ProducerRecord<>(
                          output, count.getKey(), String.valueOf(count.getValue()))));
    }
    return pipeline;
  }

  private static StreamStage<Entry<String, Long>> counts(
      Pipeline pipeline, WordJob counts, EngineTask task, Properties consumer) {
    StreamSourceStage<String> source =
        pipeline.readFrom(
            KafkaSources.<byte[], String, String>kafka(
                consumer, ConsumerRecord::value, task.input()));
    StreamStage<String> words =
        counts == WordJob.WINDOW_COUNT
            ? source.withNativeTimestamps(WordJob.DISORDER.toMillis())
            : source.withoutTimestamps();
    for (int i = 1; i < task.shuffles(); i++) {
      // Without a step between them two shuffles are one.
      words = words.rebalance().map(word -> word);
    }
    StreamStageWithKey<String, String> byWord = words.groupingKey(word -> word);
    return switch (counts) {
      case RUNNING_COUNT -> byWord.rollingAggregate(AggregateOperations.counting());
      case WINDOW_COUNT ->
          byWord
              .window(WindowDefinition.tumbling(WordJob.WINDOW.toMillis()))
              .aggregate(AggregateOperations.counting())
              .map(
                  result ->
                      Util.entry(WordJob.windowKey(result.key(), result.start()), result.result()));
    };
  }

  private static <T> Sink<T> sink(
      Properties producer, FunctionEx<T, ProducerRecord<String, String>> record) {
    return KafkaSinks.<T>kafka(producer).toRecordFn(record).exactlyOnce(true).build();
  }

  private static Properties consumer(
      EngineTask task, Class<?> values, Map<String, String> settings) {
    Properties properties = clientSettings(SOURCE, settings);
    properties.put("bootstrap.servers", task.bootstrapServers());
    properties.put("key.deserializer", ByteArrayDeserializer.class.getName());
    properties.put("value.deserializer", values.getName());
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", "read_committed");
    return properties;
  }

  private static Properties producer(EngineTask task, Map<String, String> settings) {
    Properties properties = clientSettings(SINK, settings);
    properties.put("bootstrap.servers", task.bootstrapServers());
    properties.put("key.serializer", StringSerializer.class.getName());
    properties.put("value.serializer", StringSerializer.class.getName());
    // Longer than any pause between snapshots.
    properties.put("transaction.timeout.ms", "900000");
    return properties;
  }

  private static Properties clientSettings(String prefix, Map<String, String> settings) {
    Properties properties = new Properties();
    settings.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            properties.setProperty(key.substring(prefix.length()), value);
          }
        });
    return properties;
  }

  /** A member that looks for no others. */
  private static Config alone(EngineTask task) {
    Config config = new Config();
    config.setClusterName(task.name());
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.logging.type", "slf4j");
    config.getJetConfig().setEnabled(true);
    config.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
    config.getNetworkConfig().getJoin().getMulticastConfig().setEnabled(false);
    return config;
  }

  @Override
  public void close() {
    HazelcastInstance running = member;
    member = null;
    if (running != null) {
      running.shutdown();
    }
  }
}
