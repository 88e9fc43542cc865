package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Engine;
import dev.millrace.sidebyside.engine.EngineMain;
import dev.millrace.sidebyside.engine.EngineTask;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * No engine but a limit: one thread that reads committed records, decodes their words and forgets
 * them.
 */
public final class BareConsumer implements Engine {

  private static final long REPORT_MS = 20;

  private volatile boolean closed;

  /** Runs the consumer as if it were an engine. */
  public static void main(String[] args) {
    EngineMain.run(new BareConsumer(), args);
  }

  @Override
  public String version() {
    return "kafka-clients " + AppInfoParser.getVersion();
  }

  @Override
  public Map<String, String> settings(EngineTask task) {
    return Map.of(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        "read_committed",
        ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
        "10000",
        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
        String.valueOf(4 << 20));
  }

  @Override
  public void start(EngineTask task) {
    Thread thread = new Thread(() -> consume(task), "consumer");
    thread.setUncaughtExceptionHandler((failed, reason) -> EngineMain.fail(reason));
    thread.setDaemon(true);
    thread.start();
  }

  private void consume(EngineTask task) {
    Map<String, Object> settings = new HashMap<>(settings(task));
    settings.putAll(task.overrides());
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, task.bootstrapServers());
    try (KafkaConsumer<byte[], String> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          IntStream.range(0, task.partitions())
              .mapToObj(i -> new TopicPartition(task.input(), i))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long records = 0;
      long characters = 0;
      long lastMs = 0;
      long reportedMs = 0;
      while (!closed) {
        ConsumerRecords<byte[], String> polled = consumer.poll(Duration.ofMillis(100));
        for (ConsumerRecord<byte[], String> record : polled) {
          characters += record.value().length();
        }
        records += polled.count();
        if (!polled.isEmpty()) {
          lastMs = System.currentTimeMillis();
        }
        // The end is known by the poll that brings nothing, and has been before it.
        if (polled.isEmpty() ? characters > 0 : lastMs - reportedMs >= REPORT_MS) {
          EngineMain.reportProgress(lastMs, records);
          reportedMs = lastMs;
        }
      }
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
