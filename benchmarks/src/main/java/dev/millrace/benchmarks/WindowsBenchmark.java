package dev.millrace.benchmarks;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Count and maximum per key in sliding windows of 60 s by 1 s beside tumbling ones of 60 s, firing
 * included, in event time: a million records per minute of it, so that a window has all keys.
 *
 * <p>What is compared is the CPU time of the job's JVM per input record, from the first record to
 * the end. Both run in JVMs of their own, in turn, on the same broker.
 *
 * <p>Arguments: records (default 6000000), rounds (default 3), keys (default 10000), then options
 * for the child JVMs.
 */
public final class WindowsBenchmark {

  private static final String TOPIC = "readings";
  private static final int PARTITIONS = 4;
  private static final long START_MS = 1_700_000_040_000L;
  private static final int RECORDS_PER_MINUTE = 1_000_000;

  private WindowsBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int records = args.length > 0 ? Integer.parseInt(args[0]) : 6_000_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    int keys = args.length > 2 ? Integer.parseInt(args[2]) : 10_000;
    List<String> jvm =
        args.length > 3
            ? Arrays.asList(args).subList(3, args.length)
            : List.of("-Xmx2g", "-XX:+UseParallelGC");
    Path data = Files.createTempDirectory("millrace-benchmark");
    try (ChildKafka broker = ChildKafka.start(BrokerOptions.singleNode().withDataDirectory(data))) {
      generate(broker.bootstrapServers(), records, keys);
      Map<String, List<Double>> nanos = new LinkedHashMap<>();
      for (int round = 0; round < rounds; round++) {
        for (String kind : List.of("tumbling", "sliding")) {
          nanos
              .computeIfAbsent(kind, name -> new ArrayList<>())
              .add(child(broker, jvm, kind, records, round));
        }
      }
      double tumbling = median(nanos.getOrDefault("tumbling", List.of(0.0)));
      double sliding = median(nanos.getOrDefault("sliding", List.of(0.0)));
      System.out.printf(
          Locale.ROOT,
          "%,d records, %,d keys: CPU per record: tumbling %,.0f ns, sliding %,.0f ns (medians of"
              + " %d), ratio %.2f%n",
          records,
          keys,
          tumbling,
          sliding,
          rounds,
          sliding / tumbling);
    }
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static void generate(String bootstrap, int records, int keys) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(TOPIC, Optional.of(PARTITIONS), Optional.empty())
                      // The records are old, and not to be deleted for it.
                      .configs(Map.of("retention.ms", "-1"))))
          .all()
          .get();
    }
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap, "linger.ms", 20, "batch.size", 256 << 10);
    Random random = new Random(42);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < records; i++) {
        long time = START_MS + i * 60_000L / RECORDS_PER_MINUTE - random.nextInt(500);
        String value =
            "{\"sensor\":\"sensor-"
                + random.nextInt(keys)
                + "\",\"value\":"
                + random.nextInt(1_000_000)
                + "}";
        producer.send(
            new ProducerRecord<>(
                TOPIC, (i >>> 7) % PARTITIONS, time, null, value.getBytes(StandardCharsets.UTF_8)));
      }
    }
    System.out.printf(Locale.ROOT, "%,d records generated%n", records);
  }

  /** Runs a child JVM and returns its CPU nanoseconds per record. */
  private static double child(
      ChildKafka broker, List<String> jvm, String kind, int records, int round) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            WindowsChild.class.getName(),
            broker.bootstrapServers(),
            TOPIC,
            kind,
            String.valueOf(records)));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    double nanos = 0;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("NANOS ")) {
          nanos = Double.parseDouble(line.substring(6));
        } else {
          System.out.println("    " + line);
        }
      }
    }
    process.waitFor();
    System.out.printf(
        Locale.ROOT, "  %-8s round %d: %,.0f ns CPU per record%n", kind, round, nanos);
    return nanos;
  }
}
