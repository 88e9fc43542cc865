package dev.millrace.benchmarks;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A count over many distinct keys in a small JVM: shows that state far larger than the heap is no
 * matter, and what it costs. Every key comes twice, the second time in another order.
 *
 * <p>Arguments: distinct keys (default 5000000), heap (default 256m), state memory (default 128MB).
 */
public final class LargeStateBenchmark {

  private static final String TOPIC = "keys";

  private LargeStateBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int keys = args.length > 0 ? Integer.parseInt(args[0]) : 5_000_000;
    String heap = args.length > 1 ? args[1] : "256m";
    String stateMemory = args.length > 2 ? args[2] : "128MB";
    Path data = Files.createTempDirectory("millrace-benchmark");
    try (ChildKafka broker = ChildKafka.start(BrokerOptions.singleNode().withDataDirectory(data))) {
      generate(broker.bootstrapServers(), keys);
      List<String> jvm =
          List.of("-Xmx" + heap, "-XX:+UseSerialGC", "-Dmillrace.state.memory=" + stateMemory);
      double rate =
          WordCountBenchmark.child(broker, jvm, "job", TOPIC, Words.Format.STRING, 2 * keys, 0);
      System.out.printf(
          Locale.ROOT,
          "%,d distinct keys, -Xmx%s, state.memory=%s: %,.0f records/s%n",
          keys,
          heap,
          stateMemory,
          rate);
    }
  }

  private static void generate(String bootstrap, int keys) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(List.of(new NewTopic(TOPIC, Optional.of(4), Optional.empty())))
          .all()
          .get();
    }
    Map<String, Object> settings =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            ProducerConfig.LINGER_MS_CONFIG,
            20,
            ProducerConfig.BATCH_SIZE_CONFIG,
            256 << 10);
    // A multiplier without a common divisor with the count visits every key once, in no useful
    // order.
    long scatter = 2_654_435_761L;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < keys; i++) {
          long key = pass == 0 ? i : i * scatter % keys;
          producer.send(
              new ProducerRecord<>(
                  TOPIC,
                  (i >>> 7) % 4,
                  null,
                  String.format(Locale.ROOT, "key-%016d", key).getBytes(StandardCharsets.UTF_8)));
        }
      }
    }
  }
}
