package dev.millrace.benchmarks;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import tools.jackson.databind.json.JsonMapper;

/**
 * The cost of a change of one of two large tables that are joined by their keys, and by a foreign
 * key: changes per second, CPU time of the job's JVM per change, what is written to the changelogs,
 * the most memory that the JVM had, and how large the state is.
 *
 * <p>Both tables are loaded by one run of the job; the changes are written while it does not run,
 * and are read by a second run, from its first record to the end. The output of both is compared
 * with what a computation over the input gives: rows and a sum over them.
 *
 * <p>Arguments: keys of each table (default 1000000), changes to both together (default 10000000),
 * partitions (default 4), then options for the JVMs of the job.
 */
public final class TableJoinsBenchmark {

  static final String BY_KEY = "by-key";
  static final String FOREIGN_KEY = "foreign-key";

  private TableJoinsBenchmark() {}

  /** Runs the benchmark; fails if a result is wrong. */
  public static void main(String[] args) throws Exception {
    int keys = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    int changes = args.length > 1 ? Integer.parseInt(args[1]) : 10_000_000;
    int partitions = args.length > 2 ? Integer.parseInt(args[2]) : 4;
    List<String> jvm =
        args.length > 3
            ? Arrays.asList(args).subList(3, args.length)
            : List.of("-Xmx2g", "-XX:+UseParallelGC");
    boolean exact = true;
    for (String kind : List.of(BY_KEY, FOREIGN_KEY)) {
      exact &= run(kind, keys, changes, partitions, jvm);
    }
    if (!exact) {
      System.exit(1);
    }
  }

  private static boolean run(
      String kind, int keys, int changes, int partitions, List<String> options) throws Exception {
    Path data = Files.createTempDirectory("millrace-benchmark");
    Path state = Files.createDirectories(data.resolve("state"));
    String out = kind + "-out";
    BrokerOptions broker =
        BrokerOptions.singleNode()
            .withDataDirectory(data.resolve("broker"))
            // What is written is counted afterwards, so none of it may go.
            .withServerProperty("log.cleaner.min.compaction.lag.ms", Long.toString(Long.MAX_VALUE));
    try (ChildKafka kafka = ChildKafka.start(broker);
        TopicReader reader = new TopicReader(kafka.bootstrapServers())) {
      String bootstrap = kafka.bootstrapServers();
      createTopics(bootstrap, partitions, out);
      // Answered by those who lead them: what is sent before there are such is repeated endlessly.
      Stream.of(OrdersInput.ORDERS, OrdersInput.CUSTOMERS).forEach(reader::ends);
      OrdersInput input = new OrdersInput(keys);
      ChildJvm child = new ChildJvm(TableJoinsChild.class, options);

      input.load(bootstrap);
      Map<String, Double> loaded =
          child.run(bootstrap, state.toString(), kind, out, "load", Long.toString(2L * keys));
      System.out.printf(
          Locale.ROOT,
          "%s, %,d x %,d keys: loaded in %.1f s%n",
          kind,
          keys,
          keys,
          loaded.getOrDefault("seconds", 0.0));

      input.change(bootstrap, changes);
      Map<TopicPartition, Long> before = new HashMap<>(reader.ends(out));
      List<String> changelogs = reader.topics(".changelog");
      changelogs.forEach(changelog -> before.putAll(reader.ends(changelog)));
      double brokerSeconds = cpuSeconds(kafka.pid());
      Map<String, Double> cost =
          child.run(bootstrap, state.toString(), kind, out, "changes", Integer.toString(changes));
      brokerSeconds = cpuSeconds(kafka.pid()) - brokerSeconds;

      print(changes, cost, brokerSeconds);
      Written total = Written.NOTHING;
      for (String changelog : changelogs) {
        total = total.plus(written(reader, changelog, before));
      }
      System.out.printf(
          Locale.ROOT,
          "  changelogs: %,d rows, %,d MB (%.2f rows and %.0f bytes per change); output: %,d"
              + " changes%n",
          total.records,
          total.bytes >> 20,
          (double) total.records / changes,
          (double) total.bytes / changes,
          written(reader, out, before).records);
      System.out.printf(
          Locale.ROOT,
          "  memory of the job at most %,.0f MB; state on disk %,d MB%n",
          cost.getOrDefault("peakRssMb", 0.0),
          bytesOf(state) >> 20);
      return check(
          content(reader, out, keys), kind.equals(BY_KEY) ? input.byKey() : input.byForeignKey());
    }
  }

  private static void print(int changes, Map<String, Double> cost, double brokerSeconds) {
    double seconds = cost.getOrDefault("seconds", 0.0);
    System.out.printf(
        Locale.ROOT,
        "  %,d changes in %.1f s: %,.0f changes/s, CPU per change %.2f µs (broker %.2f µs), %,.0f"
            + " commits%n",
        changes,
        seconds,
        changes / seconds,
        cost.getOrDefault("cpuSeconds", 0.0) * 1e6 / changes,
        brokerSeconds * 1e6 / changes,
        cost.getOrDefault("commits", 0.0));
  }

  private static boolean check(OrdersInput.Content found, OrdersInput.Content expected) {
    boolean exact = found.equals(expected);
    System.out.printf(
        Locale.ROOT,
        "  final table: %,d rows, %s%n",
        found.rows(),
        exact ? "exact" : "WRONG: " + found + " instead of " + expected);
    return exact;
  }

  /** The records that were written to a topic, and the bytes of their keys and values. */
  private record Written(long records, long bytes) {
    static final Written NOTHING = new Written(0, 0);

    Written plus(Written other) {
      return new Written(records + other.records, bytes + other.bytes);
    }
  }

  private static Written written(TopicReader reader, String topic, Map<TopicPartition, Long> from) {
    long[] seen = new long[2];
    reader.read(
        topic,
        from,
        record -> {
          seen[0]++;
          seen[1] += Math.max(0, record.serializedKeySize());
          seen[1] += Math.max(0, record.serializedValueSize());
        });
    return new Written(seen[0], seen[1]);
  }

  /** {@return the newest row of each key} */
  private static OrdersInput.Content content(TopicReader reader, String topic, int keys) {
    JsonMapper json = JsonMapper.builder().build();
    TableJoinsChild.Priced[] rows = new TableJoinsChild.Priced[keys];
    reader.read(
        topic,
        record ->
            rows[Integer.parseInt(new String(record.key(), StandardCharsets.UTF_8))] =
                record.value() == null
                    ? null
                    : json.readValue(record.value(), TableJoinsChild.Priced.class));
    OrdersInput.Content content = OrdersInput.Content.EMPTY;
    for (int key = 0; key < keys; key++) {
      TableJoinsChild.Priced row = rows[key];
      content = row == null ? content : content.with(key, row.cents(), row.limit());
    }
    return content;
  }

  private static void createTopics(String bootstrap, int partitions, String out) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(
              Stream.of(OrdersInput.ORDERS, OrdersInput.CUSTOMERS, out)
                  .map(name -> new NewTopic(name, Optional.of(partitions), Optional.empty()))
                  .toList())
          .all()
          .get();
    }
  }

  private static double cpuSeconds(long pid) {
    return ProcessHandle.of(pid)
            .flatMap(handle -> handle.info().totalCpuDuration())
            .orElse(Duration.ZERO)
            .toMillis()
        / 1e3;
  }

  private static long bytesOf(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .mapToLong(
              file -> {
                try {
                  return Files.size(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .sum();
    }
  }
}
