package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.GroupedTable;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Jobs with steps on tables, what they come to, and random changes to run them with. */
final class TableChains {

  private TableChains() {}

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
  static final class Amounts implements RetractableAggregation<Row, Map<Long, Long>, List<Long>> {

    static final long serialVersionUID = 1L;

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
  static final long GONE = 6;

  static final long POISON_OF_AGGREGATE = -6;
  static final long POISON_OF_MAP = -7;
  static final long POISON_OF_FILTER = -8;
  static final long POISON_OF_GROUP = -9;

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
  enum Chain {
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
  record Settings(int partitions, int tasks, boolean sequential, @Nullable ErrorPolicy errors) {

    <K, V> GroupedTable<K, V> groups(GroupedTable<K, V> groups) {
      groups.parallelism(tasks);
      return errors == null ? groups : groups.onError(errors);
    }

    <K, V> Table<K, V> on(Table<K, V> table) {
      return errors == null ? table : table.onError(errors);
    }
  }

  static Job job(Chain chain, Settings settings) {
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
  static final class Feed {
    private final Random random;
    private final TestTopic<Row> topic;
    private final int partitions;
    private final long[] amounts;
    final Map<String, Row> rows = new TreeMap<>();

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

  static void check(JobTest test, Map<String, String> expected, String said) {
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

  static List<Settings> settings() {
    return List.of(
        new Settings(1, 1, false, null),
        new Settings(4, 4, false, null),
        new Settings(1, 4, true, null),
        new Settings(4, 1, false, ErrorPolicy.skip()));
  }
}
