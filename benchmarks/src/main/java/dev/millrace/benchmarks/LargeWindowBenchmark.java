package dev.millrace.benchmarks;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One window with millions of keys that closes in a small JVM: its results do not fit into the
 * heap, nor into a transaction, so that firing has to be taken up again and again. Every key must
 * come out once.
 *
 * <p>Arguments: distinct keys (default 3000000), heap (default 256m), state memory (default 96MB).
 */
public final class LargeWindowBenchmark {

  static final String KEY_PREFIX = "key-";

  private static final String IN = "window-keys";
  private static final String OUT = "window-counts";
  private static final int PARTITIONS = 4;
  private static final long START_MS = 1_700_000_400_000L;

  private LargeWindowBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int keys = args.length > 0 ? Integer.parseInt(args[0]) : 3_000_000;
    String heap = args.length > 1 ? args[1] : "256m";
    String stateMemory = args.length > 2 ? args[2] : "96MB";
    Path data = Files.createTempDirectory("millrace-benchmark");
    try (ChildKafka broker = ChildKafka.start(BrokerOptions.singleNode().withDataDirectory(data))) {
      generate(broker.bootstrapServers(), keys);
      System.out.printf(
          Locale.ROOT, "%,d keys in a window, -Xmx%s, state.memory=%s%n", keys, heap, stateMemory);
      run(broker.bootstrapServers(), keys, heap, stateMemory);
      check(broker.bootstrapServers(), keys);
    }
  }

  private static void generate(String bootstrap, int keys) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      // The records are old, and not to be deleted for it.
      Map<String, String> kept = Map.of("retention.ms", "-1");
      admin
          .createTopics(
              List.of(
                  new NewTopic(IN, Optional.of(PARTITIONS), Optional.empty()).configs(kept),
                  new NewTopic(OUT, Optional.of(PARTITIONS), Optional.empty()).configs(kept)))
          .all()
          .get();
    }
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap, "linger.ms", 20, "batch.size", 256 << 10);
    long hourMs = LargeWindowChild.WINDOW.toMillis();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < keys; i++) {
        byte[] key =
            String.format(Locale.ROOT, KEY_PREFIX + "%016d", i).getBytes(StandardCharsets.UTF_8);
        long time = START_MS / hourMs * hourMs + i % hourMs;
        producer.send(new ProducerRecord<>(IN, i % PARTITIONS, time, null, key));
      }
      // Past the window's end, so that it closes because time has passed.
      for (int partition = 0; partition < PARTITIONS; partition++) {
        byte[] key = LargeWindowChild.END.getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>(IN, partition, START_MS + 2 * hourMs, null, key));
      }
    }
  }

  private static void run(String bootstrap, int keys, String heap, String stateMemory)
      throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                LargeWindowChild.class.getName(),
                bootstrap,
                IN,
                OUT,
                String.valueOf(keys),
                stateMemory)
            .inheritIO()
            .start();
    int exit = process.waitFor();
    if (exit != 0) {
      throw new IllegalStateException("The job's JVM ended with exit code " + exit);
    }
  }

  private static void check(String bootstrap, int keys) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("isolation.level", "read_committed");
    BitSet seen = new BitSet(keys);
    long records = 0;
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(OUT).stream()
              .map(info -> new TopicPartition(OUT, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream()
          .anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          String[] result = new String(record.value(), StandardCharsets.UTF_8).split(" ");
          if (result[1].equals("1") && result[0].startsWith(KEY_PREFIX)) {
            seen.set(Integer.parseInt(result[0].substring(KEY_PREFIX.length())));
          }
          records++;
        }
      }
    }
    System.out.printf(
        Locale.ROOT, "%,d results, %,d of %,d keys%n", records, seen.cardinality(), keys);
    if (records != keys || seen.cardinality() != keys) {
      throw new IllegalStateException("Results are missing, wrong, or there twice");
    }
  }
}
