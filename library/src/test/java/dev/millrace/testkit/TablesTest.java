package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.GroupedTable;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.serde.TypeRef;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Steps on tables and aggregates of their groups: random changes lead to the table that a naive
 * computation over the final rows gives, however the job runs and wherever it fails.
 */
final class TablesTest {

  record Row(String id, String group, long amount) {}

  /** A value that is changed in place, and made of a row. */
  public static final class Total {
    public long rows;
    public long amount;

    public Total() {}

    Total(long rows, long amount) {
      this.rows = rows;
      this.amount = amount;
    }

    static Total of(Row row) {
      return new Total(1, row.amount());
    }

    Total add(Total other) {
      rows += other.rows;
      amount += other.amount;
      return this;
    }

    Total subtract(Total other) {
      rows -= other.rows;
      amount -= other.amount;
      return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Total total && toString().equals(total.toString());
    }

    @Override
    public int hashCode() {
      return toString().hashCode();
    }

    @Override
    public String toString() {
      return rows + " rows, " + amount;
    }
  }

  /** The number of rows per amount, changed in place; the amounts that have some are the result. */
  private static final class Amounts
      implements RetractableAggregation<Row, Map<Long, Long>, List<Long>> {

    private static final long serialVersionUID = 1L;

    @Override
    public Map<Long, Long> create() {
      return new TreeMap<>();
    }

    @Override
    public Map<Long, Long> add(Map<Long, Long> amounts, Row row) {
      return change(amounts, row.amount(), 1);
    }

    @Override
    public Map<Long, Long> retract(Map<Long, Long> amounts, Row row) {
      return change(amounts, row.amount(), -1);
    }

    @Override
    public Map<Long, Long> merge(Map<Long, Long> left, Map<Long, Long> right) {
      right.forEach((amount, rows) -> change(left, amount, rows));
      return left;
    }

    private static Map<Long, Long> change(Map<Long, Long> amounts, long amount, long by) {
      amounts.merge(amount, by, (rows, more) -> rows + more == 0 ? null : rows + more);
      // What the step's policy drops has to leave no trace, so that it fails after the change.
      if (amount == POISON_OF_AGGREGATE) {
        throw new IllegalStateException("amount " + amount);
      }
      return amounts;
    }

    @Override
    public List<Long> finish(Map<Long, Long> amounts) {
      assertThat(amounts.values()).allMatch(rows -> rows > 0);
      return amounts.keySet().stream().sorted().toList();
    }
  }

  /** Stands for a row that is deleted. */
  private static final long GONE = 6;

  private static final long POISON_OF_AGGREGATE = -6;
  private static final long POISON_OF_MAP = -7;
  private static final long POISON_OF_FILTER = -8;
  private static final long POISON_OF_GROUP = -9;

  private static <X> X unless(long poison, Row row, X value) {
    if (row.amount() == poison) {
      throw new IllegalStateException("amount " + row.amount());
    }
    return value;
  }

  private static boolean survives(Row row, long... poisons) {
    return Arrays.stream(poisons).noneMatch(poison -> row.amount() == poison);
  }

  /** Steps on the table of the newest row of each id, and what they come to. */
  private enum Chain {
    COUNT {
      @Override
      Table<String, ?> build(Table<String, Row> rows, Settings settings) {
        return settings.on(
            settings
                .groups(rows.groupBy((id, row) -> unless(POISON_OF_GROUP, row, row.group())))
                .count());
      }

      @Override
      Map<String, String> naive(Map<String, Row> rows) {
        return grouped(
            rows, row -> survives(row, POISON_OF_GROUP), Row::group, row -> 1L, Long::sum);
      }
    },
    FILTER_MAP_SUM {
      @Override
      Table<String, ?> build(Table<String, Row> rows, Settings settings) {
        Table<String, Row> some =
            settings.on(
                rows.filter((id, row) -> unless(POISON_OF_FILTER, row, row.amount() % 3 != 0)));
        Table<String, Row> doubled =
            settings.on(
                some.map(
                    (id, row) ->
                        unless(
                            POISON_OF_MAP, row, new Row(id, row.group() + "!", 2 * row.amount()))));
        return settings.on(
            settings.groups(doubled.groupBy((id, row) -> row.group())).sum(Row::amount));
      }

      @Override
      Map<String, String> naive(Map<String, Row> rows) {
        return grouped(
            rows,
            row -> row.amount() % 3 != 0 && survives(row, POISON_OF_FILTER, POISON_OF_MAP),
            row -> row.group() + "!",
            row -> 2 * row.amount(),
            Long::sum);
      }
    },
    REDUCE_IN_PLACE {
      @Override
      Table<String, ?> build(Table<String, Row> rows, Settings settings) {
        return settings.on(
            settings
                .groups(
                    settings
                        .on(rows.map((id, row) -> new Kept(row.group(), Total.of(row))))
                        .groupBy((id, kept) -> kept.group()))
                .reduce(Kept::add, Kept::subtract)
                .mapValues(Kept::total));
      }

      @Override
      Map<String, String> naive(Map<String, Row> rows) {
        return grouped(rows, row -> true, Row::group, Total::of, Total::add);
      }
    },
    AGGREGATE_IN_PLACE {
      @Override
      Table<String, ?> build(Table<String, Row> rows, Settings settings) {
        return settings.on(
            settings.groups(rows.groupBy((id, row) -> row.group())).aggregate(new Amounts()));
      }

      @Override
      Map<String, String> naive(Map<String, Row> rows) {
        return grouped(
            rows,
            row -> survives(row, POISON_OF_AGGREGATE),
            Row::group,
            row -> List.of(row.amount()),
            (left, right) ->
                Stream.concat(left.stream(), right.stream()).sorted().distinct().toList());
      }
    },
    TWICE {
      @Override
      Table<String, ?> build(Table<String, Row> rows, Settings settings) {
        Table<String, Long> perGroup = rows.groupBy((id, row) -> row.group()).count();
        return settings.on(
            settings
                .groups(perGroup.groupBy((group, count) -> count % 2 == 0 ? "even" : "odd"))
                .sum(count -> count));
      }

      @Override
      Map<String, String> naive(Map<String, Row> rows) {
        Map<String, Long> perGroup =
            rows.values().stream()
                .collect(Collectors.groupingBy(Row::group, Collectors.counting()));
        Map<String, Long> sums =
            perGroup.values().stream()
                .collect(
                    Collectors.groupingBy(
                        count -> count % 2 == 0 ? "even" : "odd",
                        Collectors.summingLong(count -> count)));
        return shown(sums);
      }
    };

    abstract Table<String, ?> build(Table<String, Row> rows, Settings settings);

    abstract Map<String, String> naive(Map<String, Row> rows);
  }

  /** A mutable row with its group. */
  public static final class Kept {
    public String group = "";
    public Total total = new Total();

    public Kept() {}

    Kept(String group, Total total) {
      this.group = group;
      this.total = total;
    }

    String group() {
      return group;
    }

    Total total() {
      return total;
    }

    Kept add(Kept other) {
      total.add(other.total);
      return this;
    }

    Kept subtract(Kept other) {
      total.subtract(other.total);
      return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Kept kept && total.equals(kept.total) && group.equals(kept.group);
    }

    @Override
    public int hashCode() {
      return total.hashCode();
    }
  }

  private static <V> Map<String, String> grouped(
      Map<String, Row> rows,
      Predicate<Row> in,
      Function<Row, String> group,
      Function<Row, V> value,
      BinaryOperator<V> merge) {
    return shown(rows.values().stream().filter(in).collect(Collectors.toMap(group, value, merge)));
  }

  private static Map<String, String> shown(Map<String, ?> table) {
    Map<String, String> shown = new TreeMap<>();
    table.forEach((key, value) -> shown.put(key, value.toString()));
    return shown;
  }

  /**
   * A way to run a chain.
   *
   * @param errors the policy of each step; null for that of the job
   */
  private record Settings(
      int partitions, int tasks, boolean sequential, @Nullable ErrorPolicy errors) {

    <K, V> GroupedTable<K, V> groups(GroupedTable<K, V> groups) {
      groups.parallelism(tasks);
      return errors == null ? groups : groups.onError(errors);
    }

    <K, V> Table<K, V> on(Table<K, V> table) {
      return errors == null ? table : table.onError(errors);
    }
  }

  private static Job job(Chain chain, Settings settings) {
    Job job = Job.named("job");
    Table<String, Row> rows =
        job.source(KafkaSource.json("in", Row.class))
            .keyBy(Row::id)
            .parallelism(settings.tasks())
            .latest(Row.class, row -> row.amount() == GONE ? null : row)
            .name("rows");
    Table<String, ?> table = chain.build(rows, settings);
    if (settings.sequential() && chain != Chain.REDUCE_IN_PLACE) {
      table.sequential();
    }
    Table<String, Shown> shown = table.mapValues(Shown.class, row -> new Shown(row.toString()));
    shown.to(KafkaSink.upsert("table"));
    shown
        .changes()
        .map(change -> new Seen(change.kind().retracts(), change.key(), change.value().text()))
        .to(KafkaSink.json("changes"));
    return job;
  }

  /** A row as text. */
  record Shown(String text) {}

  /** A change as a reader sees it. */
  record Seen(boolean retracts, String key, String row) {}

  /** Random changes of a few rows; an id is always in one partition, so that its order is known. */
  private static final class Feed {
    private final Random random;
    private final TestTopic<Row> topic;
    private final int partitions;
    private final long[] amounts;
    private final Map<String, Row> rows = new TreeMap<>();

    Feed(JobTest test, Settings settings, long seed, long... amounts) {
      this.random = new Random(seed);
      this.topic = test.topic("in", Row.class).partitions(settings.partitions());
      this.partitions = settings.partitions();
      this.amounts = amounts;
    }

    void send(int count) {
      for (int i = 0; i < count; i++) {
        int id = random.nextInt(12);
        long amount =
            amounts.length > 0 && random.nextInt(4) == 0
                ? amounts[random.nextInt(amounts.length)]
                : random.nextInt(7);
        Row row = new Row("id" + id, "g" + random.nextInt(3), amount);
        if (row.amount() == GONE) {
          rows.remove(row.id());
        } else {
          rows.put(row.id(), row);
        }
        topic.send(id % partitions, row);
      }
    }
  }

  private static void check(JobTest test, Map<String, String> expected, String said) {
    Map<String, String> table = new TreeMap<>();
    test.table("table", Shown.class).forEach((key, row) -> table.put(key, row.text()));
    assertThat(table).as(said).isEqualTo(expected);
    Map<String, String> replayed = new TreeMap<>();
    for (Seen seen : test.output("changes", Seen.class)) {
      if (seen.retracts()) {
        assertThat(replayed.remove(seen.key())).as(said + ", " + seen).isEqualTo(seen.row());
      } else {
        assertThat(replayed.put(seen.key(), seen.row())).as(said + ", " + seen).isNull();
      }
    }
    assertThat(replayed).as(said).isEqualTo(expected);
  }

  private static List<Settings> settings() {
    return List.of(
        new Settings(1, 1, false, null),
        new Settings(4, 4, false, null),
        new Settings(1, 4, true, null),
        new Settings(4, 1, false, ErrorPolicy.skip()));
  }

  @ParameterizedTest
  @EnumSource
  void theTableIsWhatANaiveRecomputationOfTheFinalRowsGives(Chain chain) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (Settings settings : settings()) {
      String said = chain + " with " + settings + ", seed " + seed;
      try (JobTest test = JobTest.builder(job(chain, settings)).seed(seed).build()) {
        Feed feed = new Feed(test, settings, seed);
        for (int batch = 0; batch < 6; batch++) {
          feed.send(15);
          test.run();
          check(test, chain.naive(feed.rows), said);
          if (batch % 2 == 1) {
            test.restart(batch == 3 ? LocalState.LOST : LocalState.KEPT);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFailureAtAnyCommitChangesNothing(Chain chain) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    for (CommitFailure failure : CommitFailure.values()) {
      Settings settings = settings().get(random.nextInt(settings().size()));
      int failing = random.nextInt(12);
      String said = chain + ", " + settings + ", " + failure + " at " + failing + ", seed " + seed;
      try (JobTest test = JobTest.builder(job(chain, settings)).instances(2).seed(seed).build()) {
        Feed feed = new Feed(test, settings, seed);
        for (int batch = 0; batch < 3; batch++) {
          feed.send(15);
          test.failCommit(test.commits() + failing, failure);
          test.run();
        }
        check(test, chain.naive(feed.rows), said);
      }
    }
  }

  /** What a row comes to that a step fails on: it is in no group, also when it changes or goes. */
  @ParameterizedTest
  @EnumSource
  void rowsThatAreDroppedAreNotInTheResult(Chain chain) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (ErrorPolicy policy :
        List.of(
            ErrorPolicy.skip(),
            ErrorPolicy.deadLetter(),
            ErrorPolicy.skip().retries(1, Duration.ofMillis(1)))) {
      for (boolean ofTheJob : new boolean[] {true, false}) {
        Settings settings = new Settings(2, 2, false, ofTheJob ? null : policy);
        String said = chain + ", " + policy + ", " + settings + ", seed " + seed;
        JobTestBuilder builder = JobTest.builder(job(chain, settings)).seed(seed);
        if (ofTheJob) {
          builder
              .set(
                  "errors.policy",
                  policy.action().name().toLowerCase(Locale.ROOT).replace('_', '-'))
              .set("errors.retries", Integer.toString(policy.retries()));
        }
        try (JobTest test = builder.build()) {
          Feed feed =
              new Feed(
                  test,
                  settings,
                  seed,
                  POISON_OF_AGGREGATE,
                  POISON_OF_MAP,
                  POISON_OF_FILTER,
                  POISON_OF_GROUP);
          for (int batch = 0; batch < 4; batch++) {
            feed.send(20);
            test.run();
            check(test, chain.naive(feed.rows), said);
          }
        }
      }
    }
  }

  @Test
  void aRowThatFailsStopsTheJobByDefault() {
    try (JobTest test = JobTest.of(job(Chain.FILTER_MAP_SUM, new Settings(1, 1, false, null)))) {
      test.topic("in", Row.class).partitions(1).send(new Row("a", "g", POISON_OF_MAP));
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("result TableRow[key=a")
          .hasMessageContaining("amount -7");
    }
  }

  /** Calls that have failed once already. */
  private static final Set<String> FAILED = new HashSet<>();

  private static <X> X thoughItFailsOnce(String call, Row row, X value) {
    if (FAILED.add(call + row)) {
      throw new IllegalStateException(call + " of " + row + ", for once");
    }
    return value;
  }

  /** Changes its accumulator, and then fails on each row for once. */
  private static final class Sums implements RetractableAggregation<Row, Map<String, Long>, Long> {

    private static final long serialVersionUID = 1L;

    @Override
    public Map<String, Long> create() {
      return new TreeMap<>();
    }

    @Override
    public Map<String, Long> add(Map<String, Long> accumulator, Row row) {
      accumulator.merge("sum", row.amount(), Long::sum);
      return thoughItFailsOnce("add", row, accumulator);
    }

    @Override
    public Map<String, Long> retract(Map<String, Long> accumulator, Row row) {
      accumulator.merge("sum", -row.amount(), Long::sum);
      return thoughItFailsOnce("retract", row, accumulator);
    }

    @Override
    public Map<String, Long> merge(Map<String, Long> left, Map<String, Long> right) {
      right.forEach((name, sum) -> left.merge(name, sum, Long::sum));
      return left;
    }

    @Override
    public Long finish(Map<String, Long> accumulator) {
      return accumulator.getOrDefault("sum", 0L);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatFailsForOnceIsDoneAgain(boolean combined) {
    ErrorPolicy policy = ErrorPolicy.skip().retries(1, Duration.ofMillis(1));
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    FAILED.clear();
    Job job = Job.named("job");
    Table<String, Long> sums =
        job.source(KafkaSource.json("in", Row.class))
            .toTable(Row::id, row -> row.amount() == GONE ? null : row)
            .filter((id, row) -> thoughItFailsOnce("filter", row, row.amount() > 1))
            .map((id, row) -> thoughItFailsOnce("map", row, row))
            .groupBy((id, row) -> thoughItFailsOnce("group", row, row.group()))
            .aggregate(new Sums());
    (combined ? sums : sums.onError(policy)).to(KafkaSink.upsert("sums"));
    JobTestBuilder builder =
        JobTest.builder(job)
            .seed(seed)
            .set("errors.policy", "skip")
            .set("errors.retries", "1")
            .set("errors.retry.backoff", "1ms");
    try (JobTest test = builder.build()) {
      Feed feed = new Feed(test, new Settings(2, 4, false, null), seed);
      for (int batch = 0; batch < 4; batch++) {
        feed.send(20);
        test.run();
      }
      Map<String, Long> expected =
          feed.rows.values().stream()
              .filter(row -> row.amount() > 1)
              .collect(Collectors.groupingBy(Row::group, Collectors.summingLong(Row::amount)));
      assertThat(test.table("sums", Long.class)).as("seed %d", seed).isEqualTo(expected);
      for (String stage : test.stages()) {
        assertThat(test.metrics().stage(stage).skippedRecords()).as(stage).isZero();
        assertThat(test.metrics().stage(stage).unmatchedRetractions()).as(stage).isZero();
      }
      assertThat(FAILED).anyMatch(call -> call.startsWith("retract"));
    }
  }

  @Test
  void aRowThatIsDroppedIsADeadLetterWithItsKey() {
    Job job = job(Chain.FILTER_MAP_SUM, new Settings(1, 1, false, ErrorPolicy.deadLetter()));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", Row.class).partitions(1).send(new Row("a", "g", POISON_OF_MAP));
      test.run();
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(
              letter -> {
                assertThat(letter.operator()).isEqualTo("rows-map");
                assertThat(new String(letter.value(), StandardCharsets.UTF_8))
                    .isEqualTo(
                        "{\"key\":\"a\",\"value\":{\"id\":\"a\",\"group\":\"g\",\"amount\":-7}}");
              });
    }
  }

  @Test
  void theStateOfAGroupIsItsAccumulator() {
    Job job = Job.named("job");
    Table<String, Row> rows = job.source(KafkaSource.json("in", Row.class)).toTable(Row::id);
    GroupedTable<String, Row> groups = rows.groupBy((id, row) -> row.group());
    groups.sum(Row::amount).name("sums").to(KafkaSink.upsert("sums"));
    groups
        .reduce((left, right) -> larger(left, right), (left, right) -> left)
        .name("rows")
        .to(KafkaSink.upsert("rows"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Row> in = test.topic("in", Row.class).partitions(1);
      in.send(0, new Row("a", "g", 3), new Row("b", "g", 4));
      test.run();
      assertThat(test.state("sums", String.class, Long.class)).isEqualTo(Map.of("g", 7L));
      assertThat(test.state("rows", String.class, Row.class))
          .isEqualTo(Map.of("g", new Row("b", "g", 4)));
    }
  }

  private static Row larger(Row left, Row right) {
    return left.amount() > right.amount() ? left : right;
  }

  /** Reduces change their left argument, which may be the row that others have as well. */
  @Test
  void groupsOfOneTableDoNotChangeRowsForEachOther() {
    Job job = Job.named("job");
    Table<String, Kept> kept =
        job.source(KafkaSource.json("in", Row.class))
            .toTable(Row::id)
            .map((id, row) -> new Kept(row.group(), Total.of(row)));
    for (String name : List.of("one", "two")) {
      kept.groupBy((id, row) -> row.group())
          .reduce(Kept::add, Kept::subtract)
          .name(name)
          .mapValues(row -> new Shown(row.total().toString()))
          .to(KafkaSink.upsert(name));
    }
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Row> in = test.topic("in", Row.class).partitions(1);
      in.send(0, new Row("a", "g", 1), new Row("b", "g", 2), new Row("c", "g", 3));
      test.run();
      in.send(0, new Row("a", "h", 1), new Row("b", "h", 2), new Row("c", "g", 4));
      test.run();
      for (String name : List.of("one", "two")) {
        assertThat(test.table(name, Shown.class))
            .isEqualTo(Map.of("g", new Shown("1 rows, 4"), "h", new Shown("2 rows, 3")));
      }
    }
  }

  /** What it was in is not known any more; the groups are wrong, and a counter shows it. */
  @Test
  void aGroupThatIsNotDeterministicIsCounted() {
    Iterator<String> groups = List.of("x", "y", "z").iterator();
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Row.class))
        .toTable(Row::id)
        .groupBy(String.class, (id, row) -> groups.next())
        .count()
        .name("counts")
        .to(KafkaSink.upsert("counts"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Row> in = test.topic("in", Row.class).partitions(1);
      in.send(new Row("a", "", 1));
      test.run();
      in.send(new Row("a", "", 2));
      test.run();
      assertThat(test.metrics().stage("counts").unmatchedRetractions()).isEqualTo(1);
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("x", 1L, "z", 1L));
    }
  }

  /** Two rows that change places leave the groups as they were. */
  @Test
  void whatATransactionTakesOutOfAGroupAndPutsInNetsOut() {
    for (boolean sequential : new boolean[] {false, true}) {
      try (JobTest test = JobTest.of(job(Chain.COUNT, new Settings(1, 1, sequential, null)))) {
        TestTopic<Row> in = test.topic("in", Row.class).partitions(1);
        in.send(0, new Row("a", "x", 1), new Row("b", "y", 1), new Row("c", "y", 1));
        test.run();
        List<Seen> before = test.output("changes", Seen.class);
        in.send(0, new Row("a", "y", 1), new Row("b", "x", 1));
        in.send(0, new Row("c", "z", 1), new Row("c", "y", 1));
        test.run();
        assertThat(test.output("changes", Seen.class)).isEqualTo(before);
        in.send(0, new Row("a", "x", 1));
        test.run();
        List<Seen> all = test.output("changes", Seen.class);
        assertThat(all.subList(before.size(), all.size()))
            .containsExactlyInAnyOrder(
                new Seen(true, "y", "2"),
                new Seen(false, "y", "1"),
                new Seen(true, "x", "1"),
                new Seen(false, "x", "2"));
      }
    }
  }

  /** The type of a result with arguments, which no lambda shows. */
  @Test
  void rowsMayBeOfATypeWithArguments() {
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Row.class))
        .keyBy(Row::id)
        .reduce((before, after) -> after)
        .map(new TypeRef<List<String>>() {}, (id, row) -> List.of(id, row.group()))
        .groupBy((id, texts) -> texts.get(1))
        .reduce((left, right) -> join(left, right), (left, right) -> without(left, right))
        .mapValues(texts -> new Shown(texts.toString()))
        .to(KafkaSink.upsert("table"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Row> in = test.topic("in", Row.class).partitions(1);
      in.send(0, new Row("a", "x", 1), new Row("b", "x", 1));
      test.run();
      in.send(0, new Row("a", "y", 1));
      test.run();
      assertThat(test.table("table", Shown.class))
          .isEqualTo(Map.of("x", new Shown("[b, x]"), "y", new Shown("[a, y]")));
    }
  }

  private static List<String> join(List<String> left, List<String> right) {
    return Stream.concat(left.stream(), right.stream()).sorted().toList();
  }

  private static List<String> without(List<String> left, List<String> right) {
    List<String> rest = new ArrayList<>(left);
    right.forEach(rest::remove);
    return rest;
  }
}
