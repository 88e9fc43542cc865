package dev.millrace.benchmarks;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The cost of a change of a table in an aggregate over groups of 10, of 1,000 and of 100,000 rows:
 * CPU time of the job's JVM, and bytes of the aggregate's changelog. The number of rows beside the
 * maximum, of numbers and of a type whose values stay in one row.
 *
 * <p>The table is loaded first, then each change gives a random row another value: many as fast as
 * they can be read, and some one by one.
 *
 * <p>Arguments: changes (default 200000), rows (default 100000).
 */
public final class GroupedTableBenchmark {

  record Reading(long id, long group, long value) {}

  /** A number of a type that has no ordered bytes. */
  record Wrapped(long value) implements Comparable<Wrapped> {
    @Override
    public int compareTo(Wrapped other) {
      return Long.compare(value, other.value);
    }
  }

  private static final String OUT = "out";
  private static final int SINGLE_CHANGES = 30;
  private static final Duration BETWEEN_CHANGES = Duration.ofMillis(500);
  private static final Duration QUIET = Duration.ofSeconds(2);

  private static final List<Integer> GROUP_SIZES = List.of(10, 1_000, 100_000);

  private GroupedTableBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int changes = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
    int rows = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    Path data = Files.createTempDirectory("millrace-benchmark");
    try (ChildKafka broker = ChildKafka.start(BrokerOptions.singleNode().withDataDirectory(data));
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.createTopics(List.of(new NewTopic(OUT, Optional.of(1), Optional.empty()))).all().get();
      Measured max = new Measured("max", Aggregates.max(Long.class, Reading::value));
      List<Measured> all =
          List.of(
              new Measured("count", Aggregates.count()),
              max,
              new Measured(
                  "max in one row",
                  Aggregates.max(Wrapped.class, reading -> new Wrapped(reading.value()))));
      Cost ignored = run(broker, admin, GROUP_SIZES.get(0), rows, changes, max); // warms up
      for (int size : GROUP_SIZES) {
        for (Measured measured : all) {
          Cost cost = run(broker, admin, size, rows, changes, measured);
          System.out.printf(
              Locale.ROOT,
              "groups of %,7d rows, %-14s: %,7.0f ns CPU, %,5.0f bytes of changelog per change;"
                  + " of one by itself %,8.0f bytes%n",
              size,
              measured.name,
              cost.nanos,
              cost.bytes,
              cost.bytesOfSingle);
        }
      }
    }
  }

  private record Measured(String name, Aggregation<Reading, ?, ?> aggregation) {}

  /**
   * The cost of a change.
   *
   * @param nanos CPU time, where many changes come at once
   * @param bytes changelog, where many changes come at once
   * @param bytesOfSingle changelog, where each change is in a transaction of its own
   */
  private record Cost(double nanos, double bytes, double bytesOfSingle) {}

  private static Cost run(
      ChildKafka broker, Admin admin, int size, int rows, int changes, Measured measured)
      throws Exception {
    String jobName =
        "bench-"
            + size
            + "-"
            + measured.name.replace(' ', '-')
            + "-"
            + Long.toString(System.nanoTime(), 36);
    String topic = jobName + "-readings";
    admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty()))).all().get();
    Job job = Job.named(jobName);
    job.source(KafkaSource.json(topic, Reading.class))
        .keyBy(Reading::id)
        .reduce((before, after) -> after)
        .sequential()
        .name("readings")
        .groupBy((id, reading) -> reading.group())
        .aggregate(measured.aggregation)
        .name("groups")
        .to(KafkaSink.upsert(OUT));
    Path state = Files.createTempDirectory("millrace-benchmark-state");
    JobConfig config =
        JobConfig.builder()
            .set("bootstrap.servers", broker.bootstrapServers())
            .set("state.dir", state.toString())
            .build();
    String changelog = jobName + ".groups.changelog";
    try (RunningJob running = Millrace.start(job, config)) {
      send(broker.bootstrapServers(), topic, load(size, rows));
      awaitQuiet(running, rows);
      long started = cpuNanos();
      long bytes = bytes(admin, changelog);
      send(broker.bootstrapServers(), topic, changes(size, rows, changes));
      awaitQuiet(running, rows + changes);
      double nanosOfMany = (double) (cpuNanos() - started) / changes;
      double bytesOfMany = (double) (bytes(admin, changelog) - bytes) / changes;
      bytes = bytes(admin, changelog);
      for (String change : changes(size, rows, SINGLE_CHANGES).toList()) {
        send(broker.bootstrapServers(), topic, Stream.of(change));
        Thread.sleep(BETWEEN_CHANGES.toMillis());
      }
      awaitQuiet(running, rows + changes + SINGLE_CHANGES);
      double bytesOfSingle = (double) (bytes(admin, changelog) - bytes) / SINGLE_CHANGES;
      return new Cost(nanosOfMany, bytesOfMany, bytesOfSingle);
    }
  }

  /** Waits until all records are in, and nothing has moved for a while. */
  private static void awaitQuiet(RunningJob running, long records) throws InterruptedException {
    long before = -1;
    while (true) {
      if (running.awaitTermination(QUIET)) {
        running.failure().ifPresent(Throwable::printStackTrace);
        throw new IllegalStateException("The job has stopped: " + running.state());
      }
      long groups = running.metrics().stage("groups").recordsIn();
      if (running.metrics().stage("readings").recordsIn() >= records && groups == before) {
        return;
      }
      before = groups;
    }
  }

  private static long bytes(Admin admin, String topic) throws Exception {
    int node = admin.describeCluster().nodes().get().iterator().next().id();
    long bytes = 0;
    for (Map<String, LogDirDescription> dirs :
        admin.describeLogDirs(List.of(node)).allDescriptions().get().values()) {
      for (LogDirDescription dir : dirs.values()) {
        bytes +=
            dir.replicaInfos().entrySet().stream()
                .filter(replica -> replica.getKey().topic().equals(topic))
                .mapToLong(replica -> replica.getValue().size())
                .sum();
      }
    }
    return bytes;
  }

  private static Stream<String> load(int size, int rows) {
    Random random = new Random(42);
    return IntStream.range(0, rows).mapToObj(id -> reading(id, size, random));
  }

  private static Stream<String> changes(int size, int rows, int changes) {
    Random random = new Random(43);
    return IntStream.range(0, changes).mapToObj(i -> reading(random.nextInt(rows), size, random));
  }

  private static String reading(int id, int size, Random random) {
    return "{\"id\":"
        + id
        + ",\"group\":"
        + id / size
        + ",\"value\":"
        + random.nextInt(1_000_000_000)
        + "}";
  }

  private static void send(String bootstrap, String topic, Stream<String> values) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap, "linger.ms", 20, "batch.size", 256 << 10);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      values.forEach(
          value ->
              producer.send(
                  new ProducerRecord<>(topic, null, value.getBytes(StandardCharsets.UTF_8))));
    }
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
