package dev.millrace.benchmarks;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
 * WordCount over generated words, exactly-once, Kafka in and out, beside a bare read_committed
 * consumer that decodes the same records. Both run in JVMs of their own, in turn, on the same
 * broker.
 *
 * <p>Arguments: records (default 15000000), rounds (default 3), partitions (default 4), then
 * options for the child JVMs.
 */
public final class WordCountBenchmark {

  private WordCountBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int records = args.length > 0 ? Integer.parseInt(args[0]) : 15_000_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    int partitions = args.length > 2 ? Integer.parseInt(args[2]) : 4;
    List<String> jvm =
        args.length > 3
            ? Arrays.asList(args).subList(3, args.length)
            : List.of("-Xmx2g", "-XX:+UseParallelGC");
    Path data = Files.createTempDirectory("millrace-benchmark");
    BrokerOptions options = BrokerOptions.singleNode().withDataDirectory(data);
    try (ChildKafka broker = ChildKafka.start(options)) {
      for (Words.Format format : Words.Format.values()) {
        String topic = "words-" + format.name().toLowerCase(Locale.ROOT);
        generate(broker.bootstrapServers(), topic, partitions, records, format);
        List<Double> consumer = new ArrayList<>();
        List<Double> job = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
          consumer.add(child(broker, jvm, "consumer", topic, format, records, round));
          job.add(child(broker, jvm, "job", topic, format, records, round));
        }
        double consumerMedian = median(consumer);
        double jobMedian = median(job);
        System.out.printf(
            Locale.ROOT,
            "%s: consumer %,.0f records/s, WordCount %,.0f records/s (median of %d), ratio %.2f%n",
            format,
            consumerMedian,
            jobMedian,
            rounds,
            jobMedian / consumerMedian);
      }
    }
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static void generate(
      String bootstrap, String topic, int partitions, int records, Words.Format format)
      throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(topic, Optional.of(partitions), Optional.empty())
                      .configs(Map.of("segment.bytes", "268435456"))))
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
            256 << 10,
            ProducerConfig.BUFFER_MEMORY_CONFIG,
            64L << 20);
    Words words = new Words(42);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < records; i++) {
        producer.send(
            new ProducerRecord<>(
                topic, (i >>> 7) % partitions, null, Words.encode(words.next(), format)));
      }
    }
    System.out.printf(Locale.ROOT, "%s: %,d records generated%n", format, records);
  }

  /** Runs a child JVM and returns its rate. */
  static double child(
      ChildKafka broker,
      List<String> jvm,
      String what,
      String topic,
      Words.Format format,
      int records,
      int round)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            WordCountChild.class.getName(),
            what,
            broker.bootstrapServers(),
            topic,
            format.name(),
            String.valueOf(records),
            String.valueOf(round)));
    Duration brokerBefore = cpu(broker.pid());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    double rate = 0;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("RATE ")) {
          rate = Double.parseDouble(line.substring(5));
        } else {
          System.out.println("    " + line);
        }
      }
    }
    process.waitFor();
    System.out.printf(
        Locale.ROOT,
        "  %-8s round %d: %,.0f records/s, broker CPU %.1f s%n",
        what,
        round,
        rate,
        cpu(broker.pid()).minus(brokerBefore).toMillis() / 1e3);
    return rate;
  }

  private static Duration cpu(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(handle -> handle.info().totalCpuDuration())
        .orElse(Duration.ZERO);
  }
}
