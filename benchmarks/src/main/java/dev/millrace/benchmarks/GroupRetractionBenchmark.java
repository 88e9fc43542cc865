package dev.millrace.benchmarks;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * The cost of taking rows back: an aggregate over groups of a table, in which each record replaces
 * the row of its id, beside the same aggregate over groups of the records themselves, of which each
 * is new. The table by itself, without groups, shows which part of it is the rows that have to be
 * kept.
 *
 * <p>What is compared is the CPU time of the job's JVM per record, from the first record to the
 * end. All read the same input, in JVMs of their own, in turn, on the same broker; the results are
 * compared with what a computation over the input gives.
 *
 * <p>Arguments: records (default 5000000), rounds (default 3), ids (default 100000), groups
 * (default 1000), then options for the child JVMs.
 */
public final class GroupRetractionBenchmark {

  private static final String TOPIC = "readings";
  private static final int PARTITIONS = 4;

  /** One in so many readings moves its id to another group. */
  private static final int ONE_MOVES_IN = 10;

  /** The shape of the job. */
  enum Shape {
    /** Groups of records. */
    STREAM,
    /** The newest record of each id, without groups. */
    ROWS,
    /** Groups of the newest records. */
    TABLE
  }

  /** The aggregates over a group. */
  enum Aggregate {
    SUM,
    MAX;

    Aggregation<GroupRetractionChild.Reading, ?, Long> aggregation() {
      return switch (this) {
        case SUM -> GroupRetractionChild.sum();
        case MAX -> GroupRetractionChild.max();
      };
    }

    long of(long left, long right) {
      return switch (this) {
        case SUM -> left + right;
        case MAX -> Math.max(left, right);
      };
    }
  }

  private record Variant(Shape shape, Aggregate aggregate) {

    @Override
    public String toString() {
      String of = shape.name().toLowerCase(Locale.ROOT);
      return shape == Shape.ROWS ? of : of + " " + aggregate.name().toLowerCase(Locale.ROOT);
    }
  }

  private static final List<Variant> VARIANTS =
      List.of(
          new Variant(Shape.STREAM, Aggregate.SUM),
          new Variant(Shape.ROWS, Aggregate.SUM),
          new Variant(Shape.TABLE, Aggregate.SUM),
          new Variant(Shape.STREAM, Aggregate.MAX),
          new Variant(Shape.TABLE, Aggregate.MAX));

  private GroupRetractionBenchmark() {}

  /** Runs the benchmark; fails if a result is wrong. */
  public static void main(String[] args) throws Exception {
    int records = args.length > 0 ? Integer.parseInt(args[0]) : 5_000_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    int ids = args.length > 2 ? Integer.parseInt(args[2]) : 100_000;
    int groups = args.length > 3 ? Integer.parseInt(args[3]) : 1_000;
    List<String> jvm =
        args.length > 4
            ? Arrays.asList(args).subList(4, args.length)
            : List.of("-Xmx2g", "-XX:+UseParallelGC");
    ChildJvm child = new ChildJvm(GroupRetractionChild.class, jvm);
    BrokerOptions broker =
        BrokerOptions.singleNode()
            .withDataDirectory(Files.createTempDirectory("millrace-benchmark"));
    try (ChildKafka kafka = ChildKafka.start(broker)) {
      Map<Variant, Map<Integer, Long>> expected =
          generate(kafka.bootstrapServers(), records, ids, groups);
      System.out.printf(
          Locale.ROOT, "%,d records of %,d ids in %,d groups%n", records, ids, groups);
      Map<Variant, List<Double>> nanos = new HashMap<>();
      for (int round = 0; round < rounds; round++) {
        for (Variant variant : VARIANTS) {
          double perRecord =
              run(kafka.bootstrapServers(), child, variant, round, records, expected);
          nanos.computeIfAbsent(variant, v -> new ArrayList<>()).add(perRecord);
        }
      }
      for (Variant variant : VARIANTS) {
        double ofStream = median(nanos, new Variant(Shape.STREAM, variant.aggregate));
        double median = median(nanos, variant);
        System.out.printf(
            Locale.ROOT,
            "%-10s CPU per record %,.0f ns (median of %d), %.2f times that of the stream%n",
            variant,
            median,
            rounds,
            median / ofStream);
      }
    }
  }

  private static double run(
      String bootstrap,
      ChildJvm child,
      Variant variant,
      int round,
      int records,
      Map<Variant, Map<Integer, Long>> expected)
      throws Exception {
    String out = variant.toString().replace(' ', '-') + "-" + round;
    createTopic(bootstrap, out, 1);
    Map<String, Double> cost =
        child.run(bootstrap, TOPIC, out, variant.shape.name(), variant.aggregate.name());
    double nanos = cost.getOrDefault("cpuSeconds", 0.0) * 1e9 / records;
    System.out.printf(
        Locale.ROOT,
        "  %-10s round %d: %,.0f ns CPU per record, %,.0f records/s, memory at most %,.0f MB%n",
        variant,
        round,
        nanos,
        records / cost.getOrDefault("seconds", 0.0),
        cost.getOrDefault("peakRssMb", 0.0));
    if (variant.shape != Shape.ROWS) {
      Map<Integer, Long> found = table(bootstrap, out);
      if (!found.equals(expected.get(variant))) {
        throw new IllegalStateException("The result of " + variant + " is wrong: " + found);
      }
    }
    return nanos;
  }

  private static double median(Map<Variant, List<Double>> nanos, Variant variant) {
    double[] sorted =
        nanos.getOrDefault(variant, List.of()).stream()
            .mapToDouble(Double::doubleValue)
            .sorted()
            .toArray();
    return sorted[sorted.length / 2];
  }

  private static Map<Integer, Long> table(String bootstrap, String topic) {
    Map<Integer, Long> rows = new TreeMap<>();
    try (TopicReader reader = new TopicReader(bootstrap)) {
      reader.read(
          topic,
          record -> {
            int group = Integer.parseInt(new String(record.key(), StandardCharsets.UTF_8));
            if (record.value() == null) {
              rows.remove(group);
            } else {
              rows.put(group, Long.parseLong(new String(record.value(), StandardCharsets.UTF_8)));
            }
          });
    }
    return rows;
  }

  /** {@return what each variant has to come to} */
  private static Map<Variant, Map<Integer, Long>> generate(
      String bootstrap, int records, int ids, int groups) throws Exception {
    createTopic(bootstrap, TOPIC, PARTITIONS);
    Random random = new Random(42);
    int[] group = random.ints(ids, 0, groups).toArray();
    long[] value = new long[ids];
    boolean[] isThere = new boolean[ids];
    Map<Variant, Map<Integer, Long>> expected = new HashMap<>();
    VARIANTS.forEach(variant -> expected.put(variant, new TreeMap<>()));
    try (InputWriter writer = new InputWriter(bootstrap)) {
      for (int i = 0; i < records; i++) {
        int id = random.nextInt(ids);
        if (random.nextInt(ONE_MOVES_IN) == 0) {
          group[id] = random.nextInt(groups);
        }
        value[id] = random.nextInt(1_000_000_000);
        isThere[id] = true;
        add(expected, Shape.STREAM, group[id], value[id]);
        String json = "{\"id\":" + id + ",\"group\":" + group[id] + ",\"value\":" + value[id] + "}";
        writer.write(TOPIC, id % PARTITIONS, json);
      }
    }
    for (int id = 0; id < ids; id++) {
      if (isThere[id]) {
        add(expected, Shape.TABLE, group[id], value[id]);
      }
    }
    return expected;
  }

  private static void add(
      Map<Variant, Map<Integer, Long>> expected, Shape shape, int group, long value) {
    for (Variant variant : VARIANTS) {
      if (variant.shape == shape) {
        expected.getOrDefault(variant, new TreeMap<>()).merge(group, value, variant.aggregate::of);
      }
    }
  }

  private static void createTopic(String bootstrap, String name, int partitions) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(List.of(new NewTopic(name, Optional.of(partitions), Optional.empty())))
          .all()
          .get();
    }
    try (TopicReader reader = new TopicReader(bootstrap)) {
      // Answered by those who lead it: what is sent before there are such is repeated endlessly.
      reader.ends(name);
    }
  }
}
