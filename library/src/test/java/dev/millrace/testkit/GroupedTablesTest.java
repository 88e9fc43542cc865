package dev.millrace.testkit;

import static dev.millrace.testkit.TableChains.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.GroupedTable;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.serde.TypeRef;
import dev.millrace.testkit.TableChains.Chain;
import dev.millrace.testkit.TableChains.Kept;
import dev.millrace.testkit.TableChains.Row;
import dev.millrace.testkit.TableChains.Seen;
import dev.millrace.testkit.TableChains.Settings;
import dev.millrace.testkit.TableChains.Shown;
import dev.millrace.testkit.TableChains.Total;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is particular to the groups of a table. */
final class GroupedTablesTest {

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

  @Test
  void theStateOfGroupsThatKeepTheirValuesIsRefused() {
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Row.class))
        .toTable(Row::id)
        .groupBy((id, row) -> row.group())
        .aggregate(Aggregates.max(Long.class, Row::amount))
        .name("largest")
        .to(KafkaSink.upsert("largest"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", Row.class).send(new Row("a", "g", 3));
      test.run();
      assertThatThrownBy(() -> test.state("largest", String.class, Map.class))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("Cannot read store 'largest': groups keep their values");
      assertThat(test.stateRows("largest")).isEqualTo(1);
    }
  }

  /** Of all numbers it alone has an opposite that is none. */
  @Test
  void theSmallestNumberIsTakenBackLikeOthers() {
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Long.class))
        .keyBy(String.class, number -> "only")
        .latest()
        .groupBy((id, number) -> "g")
        .sum(number -> number)
        .name("sums")
        .to(KafkaSink.upsert("sums"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Long> in = test.topic("in", Long.class).partitions(1);
      for (long number : new long[] {Long.MIN_VALUE, 7, Long.MIN_VALUE, Long.MAX_VALUE}) {
        in.send(number);
        test.run();
        assertThat(test.table("sums", Long.class)).isEqualTo(Map.of("g", number));
      }
      assertThat(test.metrics().stage("sums").unmatchedRetractions()).isZero();
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
