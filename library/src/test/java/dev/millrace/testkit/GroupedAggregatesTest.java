package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.GroupedTable;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The aggregates that come along over the groups of a table, in whole jobs: whatever happens on the
 * way, the table is what a computation over the final rows gives.
 */
final class GroupedAggregatesTest {

  /**
   * A row.
   *
   * @param group a few large groups and many small ones
   * @param price a decimal; several that compare as equal are not
   */
  record Reading(String id, String group, String price, double weight) {

    BigDecimal decimal() {
      return new BigDecimal(price);
    }

    /** Fails on some. */
    BigDecimal checked() {
      if (price.equals(POISON)) {
        throw new IllegalStateException("price " + price);
      }
      return decimal();
    }
  }

  private static final String POISON = "66.60";

  /** Stands for a row that is deleted. */
  private static final String GONE = "";

  record Shown(String text) {}

  /** The aggregates, all of them in one job. */
  enum Aggregate {
    MAX {
      @Override
      Table<String, ?> build(GroupedTable<String, Reading> groups) {
        return groups.aggregate(Aggregates.max(BigDecimal.class, Reading::checked));
      }

      @Override
      Object naive(List<Reading> rows) {
        return rows.stream()
            .map(Reading::decimal)
            .max(
                Comparator.<BigDecimal>naturalOrder()
                    .thenComparing(Comparator.comparing(BigDecimal::scale).reversed()))
            .orElseThrow();
      }
    },
    MIN {
      @Override
      Table<String, ?> build(GroupedTable<String, Reading> groups) {
        return groups.aggregate(Aggregates.min(Double.class, Reading::weight));
      }

      @Override
      Object naive(List<Reading> rows) {
        return rows.stream().mapToDouble(Reading::weight).min().orElseThrow();
      }
    },
    COUNT_DISTINCT {
      @Override
      Table<String, ?> build(GroupedTable<String, Reading> groups) {
        return groups.aggregate(
            Aggregates.countDistinct(BigDecimal.class, (Reading row) -> row.checked()));
      }

      @Override
      Object naive(List<Reading> rows) {
        return rows.stream().map(Reading::decimal).distinct().count();
      }
    },
    DISTINCT {
      @Override
      Table<String, ?> build(GroupedTable<String, Reading> groups) {
        return groups.aggregate(
            Aggregates.distinct(String.class, (Reading row) -> row.checked().toString()));
      }

      @Override
      Object naive(List<Reading> rows) {
        return rows.stream().map(Reading::price).distinct().sorted().toList();
      }
    },
    TOP {
      @Override
      Table<String, ?> build(GroupedTable<String, Reading> groups) {
        return groups.aggregate(Aggregates.topN(3, Reading.class, Reading::checked));
      }

      @Override
      Object naive(List<Reading> rows) {
        return rows.stream()
            .sorted(
                Comparator.comparing(Reading::decimal).reversed().thenComparing(Reading::toString))
            .limit(3)
            .toList();
      }
    },
    SUM {
      @Override
      Table<String, ?> build(GroupedTable<String, Reading> groups) {
        return groups.aggregate(Aggregates.sumDouble(Reading::weight));
      }

      @Override
      Object naive(List<Reading> rows) {
        return rows.stream()
            .map(row -> new BigDecimal(row.weight()))
            .reduce(BigDecimal.ZERO, BigDecimal::add)
            .doubleValue();
      }
    };

    abstract Table<String, ?> build(GroupedTable<String, Reading> groups);

    abstract Object naive(List<Reading> rows);

    /** Whether its function fails on some rows. */
    boolean fails() {
      return this != MIN && this != SUM;
    }

    String topic() {
      return "out-" + label();
    }

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** A job with some of the aggregates. */
  private static Job job(List<Aggregate> aggregates, int tasks, @Nullable ErrorPolicy errors) {
    Job job = Job.named("job");
    Table<String, Reading> rows =
        job.source(KafkaSource.json("in", Reading.class))
            .keyBy(Reading::id)
            .latest(Reading.class, row -> row.price().equals(GONE) ? null : row)
            .name("rows");
    for (Aggregate aggregate : aggregates) {
      GroupedTable<String, Reading> groups =
          rows.groupBy((id, row) -> row.group()).parallelism(tasks);
      Table<String, ?> table = aggregate.build(groups).name(aggregate.label());
      if (errors != null) {
        table.onError(errors);
      }
      table
          .mapValues(Shown.class, value -> new Shown(value.toString()))
          .to(KafkaSink.upsert(aggregate.topic()));
    }
    return job;
  }

  /** Random changes, most of them of rows in a group of up to 150. */
  private static final class Feed {
    private final Random random;
    private final TestTopic<Reading> topic;
    private final Map<String, Reading> rows = new TreeMap<>();
    private final boolean poisons;

    Feed(JobTest test, long seed, boolean poisons) {
      this.random = new Random(seed);
      this.topic = test.topic("in", Reading.class).partitions(2);
      this.poisons = poisons;
    }

    void send(int count) {
      for (int i = 0; i < count; i++) {
        int id = random.nextInt(200);
        String group = id < 150 ? "large" : "g" + random.nextInt(8);
        Reading row = new Reading("id" + id, group, price(), random.nextInt(1_000) / 10.0 - 30);
        if (row.price().equals(GONE)) {
          rows.remove(row.id());
        } else {
          rows.put(row.id(), row);
        }
        topic.send(id % 2, row);
      }
    }

    private String price() {
      return switch (random.nextInt(12)) {
        case 0 -> GONE;
        case 1, 2 -> poisons ? POISON : "66.61";
        default -> random.nextInt(90) + (random.nextBoolean() ? ".0" : ".00");
      };
    }

    void check(JobTest test, List<Aggregate> aggregates, String said) {
      for (Aggregate aggregate : aggregates) {
        Map<String, List<Reading>> groups =
            rows.values().stream()
                .filter(row -> !poisons || !aggregate.fails() || !row.price().equals(POISON))
                .collect(Collectors.groupingBy(Reading::group));
        Map<String, String> expected = new TreeMap<>();
        groups.forEach((group, all) -> expected.put(group, aggregate.naive(all).toString()));
        Map<String, String> table = new TreeMap<>();
        test.table(aggregate.topic(), Shown.class)
            .forEach((group, shown) -> table.put(group, shown.text()));
        assertThat(table).as("%s, %s", aggregate, said).isEqualTo(expected);
      }
    }
  }

  private static final List<Aggregate> ALL = List.of(Aggregate.values());

  @Test
  void tablesAreWhatANaiveRecomputationOfTheFinalRowsGives() {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    try (JobTest test = JobTest.builder(job(ALL, 2, null)).seed(seed).build()) {
      Feed feed = new Feed(test, seed, false);
      for (int batch = 0; batch < 5; batch++) {
        feed.send(batch == 0 ? 300 : 60);
        test.run();
        feed.check(test, ALL, "seed " + seed);
        if (batch == 2) {
          test.restart(LocalState.LOST);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void aFailureAtAnyCommitChangesNothing(CommitFailure failure) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    List<Aggregate> some = List.of(Aggregate.MAX, Aggregate.COUNT_DISTINCT, Aggregate.TOP);
    String said = failure + ", seed " + seed;
    try (JobTest test = JobTest.builder(job(some, 2, null)).instances(2).seed(seed).build()) {
      Feed feed = new Feed(test, seed, false);
      for (int batch = 0; batch < 5; batch++) {
        feed.send(batch == 0 ? 300 : 60);
        test.failCommit(test.commits() + random.nextInt(12), failure);
        test.run();
        feed.check(test, some, said);
      }
    }
  }

  /** A row on which a function fails is in no group, also when it changes or goes. */
  @Test
  void rowsThatAreDroppedAreNotInTheResult() {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (ErrorPolicy policy :
        List.of(
            ErrorPolicy.skip(),
            ErrorPolicy.deadLetter(),
            ErrorPolicy.skip().retries(1, Duration.ofMillis(1)))) {
      String said = policy + ", seed " + seed;
      try (JobTest test = JobTest.builder(job(ALL, 1, policy)).seed(seed).build()) {
        Feed feed = new Feed(test, seed, true);
        for (int batch = 0; batch < 4; batch++) {
          feed.send(batch == 0 ? 300 : 60);
          test.run();
          feed.check(test, ALL, said);
          if (batch == 1) {
            test.abortNextCommit();
          }
        }
      }
    }
  }

  /** One entry of a shuffle could not hold all that a transaction brings for the group. */
  @Test
  void aGroupMayGetMoreInATransactionThanARecordHolds() {
    String filler = "x".repeat(300);
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Reading.class))
        .keyBy(Reading::id)
        .latest()
        .groupBy((id, row) -> row.group())
        .aggregate(Aggregates.max(String.class, (Reading row) -> row.id() + filler))
        .name("max")
        .mapValues(Shown.class, value -> new Shown(value.substring(0, 6)))
        .to(KafkaSink.upsert("out"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Reading> in = test.topic("in", Reading.class).partitions(1);
      for (int i = 0; i < 6_000; i++) {
        in.send(0, new Reading("id" + (1_000 + i), "all", "1", 0));
      }
      test.run();
      assertThat(test.table("out", Shown.class)).isEqualTo(Map.of("all", new Shown("id6999")));
      assertThat(test.stateRows("max")).isEqualTo(6_001);
    }
  }

  @Test
  void aGroupMayGetManyLargeRowsInATransaction() {
    String filler = "x".repeat(10_000);
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Reading.class))
        .keyBy(Reading::id)
        .latest()
        .groupBy((id, row) -> row.group())
        .aggregate(Aggregates.topN(1, Reading.class, Reading::weight))
        .name("top")
        .mapValues(Shown.class, value -> new Shown(value.get(0).id()))
        .to(KafkaSink.upsert("out"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Reading> in = test.topic("in", Reading.class).partitions(1);
      for (int i = 0; i < 200; i++) {
        in.send(0, new Reading("id" + (1_000 + i), "all", filler, i));
      }
      test.run();
      assertThat(test.table("out", Shown.class)).isEqualTo(Map.of("all", new Shown("id1199")));
    }
  }

  @Test
  void aGroupThatDoesNotFitIntoOneRowStopsTheJobWithTheWayOn() {
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Reading.class))
        .keyBy(Reading::id)
        .latest()
        .groupBy((id, row) -> row.group())
        .aggregate(Aggregates.toList(Reading.class))
        .name("list")
        .mapValues(Shown.class, rows -> new Shown(rows.size() + " rows"))
        .to(KafkaSink.upsert("out"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Reading> in = test.topic("in", Reading.class).partitions(1);
      String price = "9".repeat(2_000);
      for (int i = 0; i < 400; i++) {
        in.send(0, new Reading("id" + i, "all", price, 0));
      }
      test.run();
      assertThat(test.table("out", Shown.class)).isEqualTo(Map.of("all", new Shown("400 rows")));
      for (int i = 400; i < 600; i++) {
        in.send(0, new Reading("id" + i, "all", price, 0));
      }
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("the state of one key is too large")
          .hasMessageContaining("key all")
          .hasMessageContaining("max.request.size")
          .hasMessageContaining("Keep less per key");
    }
  }

  /** A row that can be changed. */
  public static final class Box {
    public String id = "";
    public int number;

    public Box() {}

    Box(String id, int number) {
      this.id = id;
      this.number = number;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Box box && id.equals(box.id) && number == box.number;
    }

    @Override
    public int hashCode() {
      return id.hashCode() + number;
    }

    @Override
    public String toString() {
      return id + number;
    }
  }

  /** What a later step does to the rows in a result is not done to the group's. */
  @Test
  void aResultSharesNothingWithItsGroup() {
    Job job = Job.named("job");
    Table<String, Box> rows =
        job.source(KafkaSource.json("in", Box.class)).keyBy(box -> box.id).latest();
    changing(rows.groupBy((id, box) -> "all").aggregate(Aggregates.toList(Box.class)), "list");
    changing(
        rows.groupBy((id, box) -> "all")
            .aggregate(Aggregates.topN(2, Box.class, box -> box.number)),
        "top");
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Box> in = test.topic("in", Box.class).partitions(1);
      in.send(0, new Box("a", 1), new Box("b", 2));
      test.run();
      in.send(0, new Box("c", 3));
      test.run();
      in.send(0, new Box("a", 7));
      test.run();
      assertThat(last(test, "list")).isEqualTo("[a7, b2, c3]");
      assertThat(last(test, "top")).isEqualTo("[a7, c3]");
    }
  }

  private static void changing(Table<String, List<Box>> table, String topic) {
    table
        .name(topic)
        .changes()
        .map(
            change -> {
              String text = change.value().toString();
              change.value().forEach(box -> box.number = -1);
              return text;
            })
        .to(KafkaSink.strings(topic));
  }

  private static String last(JobTest test, String topic) {
    List<String> results = new ArrayList<>(test.output(topic, String.class));
    return results.get(results.size() - 1);
  }
}
