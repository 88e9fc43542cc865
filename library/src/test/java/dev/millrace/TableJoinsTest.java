package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.JoinFunction;
import dev.millrace.function.JoinFunction3;
import dev.millrace.function.JoinFunction4;
import dev.millrace.serde.TypeRef;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.DeadLetter;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Joins of tables on the simulated cluster: random changes lead to what a recomputation of the
 * final rows gives, each key changing once, however the job runs and wherever it fails.
 */
final class TableJoinsTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  /** A row of a topic; one without a text deletes. */
  record Row(String id, @Nullable String text) {}

  /** A row of texts as one. */
  record Shown(String text) {}

  /** A change as a reader sees it. */
  record Seen(boolean retracts, String key, String row) {}

  private static final JoinFunction<@Nullable String, @Nullable String, String> TWO =
      (a, b) -> a + "|" + b;
  private static final JoinFunction3<@Nullable String, @Nullable String, @Nullable String, String>
      THREE = (a, b, c) -> a + "|" + b + "|" + c;
  private static final JoinFunction4<
          @Nullable String, @Nullable String, @Nullable String, @Nullable String, String>
      FOUR = (a, b, c, d) -> a + "|" + b + "|" + c + "|" + d;

  /** Ways to join, with the tables that a result needs. */
  private enum Shape {
    INNER(true, true) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).inner(String.class, TWO);
      }
    },
    LEFT(true, false) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).left(String.class, TWO);
      }
    },
    RIGHT(false, true) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).right(String.class, TWO);
      }
    },
    OUTER(false, false) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).outer(String.class, TWO);
      }
    },
    INNER_OF_THREE(true, true, true) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).join(t.get(2)).inner(String.class, THREE);
      }
    },
    ONE_OF_THREE_OPTIONAL(true, true, false) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).leftJoin(t.get(2)).inner(String.class, THREE);
      }
    },
    OUTER_OF_THREE(false, false, false) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).join(t.get(2)).outer(String.class, THREE);
      }
    },
    LEFT_OF_FOUR(true, false, false, false) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(1)).join(t.get(2)).join(t.get(3)).left(String.class, FOUR);
      }
    },
    /** Pairs of pairs, whose joins follow one another in a stage. */
    PAIRS_OF_PAIRS(true, true, true, true) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return INNER.of(List.of(INNER.of(t), t.get(2).join(t.get(3)).inner(String.class, TWO)));
      }
    },
    WITH_ITSELF(true) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        return t.get(0).join(t.get(0)).inner(String.class, (a, b) -> a.equals(b) ? a : "torn");
      }
    },
    WITH_WHAT_IS_MADE_OF_IT(true) {
      @Override
      Table<String, String> of(List<Table<String, String>> t) {
        Table<String, String> odd = t.get(0).filter((id, text) -> text.endsWith("1"));
        return t.get(0)
            .join(odd)
            .left(String.class, (a, b) -> a.endsWith("1") == (b != null) ? a : "torn");
      }
    };

    final boolean[] needed;

    Shape(boolean... needed) {
      this.needed = needed;
    }

    abstract Table<String, String> of(List<Table<String, String>> tables);

    Map<String, String> naive(List<Map<String, String>> tables) {
      Map<String, String> joined = new TreeMap<>();
      TreeSet<String> keys = new TreeSet<>();
      tables.forEach(table -> keys.addAll(table.keySet()));
      for (String key : keys) {
        List<@Nullable String> rows = new ArrayList<>();
        boolean complete = true;
        for (int i = 0; i < tables.size(); i++) {
          rows.add(tables.get(i).get(key));
          complete &= rows.get(i) != null || !needed[i];
        }
        if (complete) {
          joined.put(key, String.join("|", rows.stream().map(String::valueOf).toList()));
        }
      }
      return joined;
    }
  }

  /** How a job is run. */
  private record Settings(int partitions, int tasks, int instances) {}

  private static final List<Settings> SETTINGS =
      List.of(new Settings(1, 1, 1), new Settings(4, 4, 2), new Settings(4, 1, 1));

  private static Table<String, String> table(Job job, String topic, int tasks) {
    return job.source(KafkaSource.json(topic, Row.class))
        .keyBy(Row::id)
        .parallelism(tasks)
        .latest(Row.class, row -> row.text() == null ? null : row)
        .name("rows-" + topic)
        .mapValues(row -> Objects.requireNonNull(row.text()));
  }

  private static Job job(Shape shape, Settings settings) {
    Job job = Job.named("job");
    List<Table<String, String>> tables = new ArrayList<>();
    for (int i = 0; i < shape.needed.length; i++) {
      tables.add(table(job, "in-" + i, i == 1 ? 1 : settings.tasks()));
    }
    write(shape.of(tables));
    return job;
  }

  private static void write(Table<String, String> joined) {
    joined.map(Row.class, Row::new).to(KafkaSink.upsert("table"));
    joined
        .changes()
        .map(change -> new Seen(change.kind().retracts(), change.key(), change.value()))
        .to(KafkaSink.json("changes"));
  }

  /** Random changes of a few rows of each table. */
  private static final class Feed {
    private final JobTest test;
    private final Settings settings;
    private final Random random;
    final List<Map<String, String>> tables = new ArrayList<>();

    Feed(JobTest test, Shape shape, Settings settings, long seed) {
      this.test = test;
      this.settings = settings;
      this.random = new Random(seed);
      for (int i = 0; i < shape.needed.length; i++) {
        tables.add(new HashMap<>());
        test.topic("in-" + i, Row.class).partitions(settings.partitions());
      }
    }

    void send(int count) {
      for (int i = 0; i < count; i++) {
        int table = random.nextInt(tables.size());
        int id = random.nextInt(8);
        String text = random.nextInt(4) == 0 ? null : "t" + table + random.nextInt(3);
        test.topic("in-" + table, Row.class)
            .sendAt(
                id % settings.partitions(),
                START.plusSeconds(random.nextInt(100)),
                new Row("id" + id, text));
        if (text == null) {
          tables.get(table).remove("id" + id);
        } else {
          tables.get(table).put("id" + id, text);
        }
      }
    }
  }

  /** Replays the changes: each takes back what is there, and none is in vain. */
  private static void check(JobTest test, Map<String, String> expected, String said) {
    Map<String, String> table = new TreeMap<>();
    test.table("table", Row.class).forEach((key, row) -> table.put(key, row.text() + ""));
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

  @ParameterizedTest
  @EnumSource
  void theTableIsWhatARecomputationOfTheFinalRowsGives(Shape shape) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (Settings settings : SETTINGS) {
      String said = shape + " with " + settings + ", seed " + seed;
      try (JobTest test =
          JobTest.builder(job(shape, settings))
              .instances(settings.instances())
              .seed(seed)
              .startAt(START)
              .build()) {
        Feed feed = new Feed(test, shape, settings, seed);
        for (int batch = 0; batch < 4; batch++) {
          feed.send(16);
          test.run();
          check(test, shape.naive(feed.tables), said);
          if (batch == 1) {
            test.restart(LocalState.LOST);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFailureAtAnyCommitChangesNothing(Shape shape) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    for (CommitFailure failure : CommitFailure.values()) {
      Settings settings = SETTINGS.get(random.nextInt(SETTINGS.size()));
      int failing = random.nextInt(12);
      String said = shape + ", " + settings + ", " + failure + " at " + failing + ", seed " + seed;
      try (JobTest test =
          JobTest.builder(job(shape, settings)).instances(2).seed(seed).startAt(START).build()) {
        Feed feed = new Feed(test, shape, settings, seed);
        for (int batch = 0; batch < 3; batch++) {
          feed.send(16);
          test.failCommit(test.commits() + failing, failure);
          test.run();
        }
        check(test, shape.naive(feed.tables), said);
      }
    }
  }

  /** What is made of one stream changes in one transaction, and so does what it is joined to. */
  @Test
  void aKeyChangesOnceWhicheverOfItsTablesDo() {
    Job job = Job.named("job");
    KeyedStream<String, Row> rows = job.source(KafkaSource.json("in", Row.class)).keyBy(Row::id);
    Table<String, Long> counts = rows.count();
    Table<String, String> newest =
        rows.reduce((before, after) -> after).mapValues(row -> Objects.toString(row.text()));
    Table<String, Long> longs =
        rows.latest(Row.class, row -> row.text() == null ? null : row).mapValues(row -> 1L);
    write(
        counts
            .join(newest)
            .leftJoin(longs)
            .inner((count, text, one) -> count + " " + text + " " + one)
            .join(counts)
            .inner((joined, count) -> joined + " " + count));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", Row.class).partitions(1);
      test.topic("in", Row.class).send(0, new Row("a", "x"), new Row("a", "y"), new Row("b", null));
      test.run();
      test.topic("in", Row.class).send(0, new Row("a", null), new Row("b", "z"));
      test.run();
      assertThat(test.output("changes", Seen.class))
          .containsExactlyInAnyOrder(
              new Seen(false, "a", "2 y 1 2"),
              new Seen(false, "b", "1 null null 1"),
              new Seen(true, "a", "2 y 1 2"),
              new Seen(false, "a", "3 null null 3"),
              new Seen(true, "b", "1 null null 1"),
              new Seen(false, "b", "2 z 1 2"));
    }
  }

  @Test
  void theDeadLetterHasTheRowsOfAllTables() {
    Job job = Job.named("job");
    write(
        table(job, "in-0", 1)
            .join(table(job, "in-1", 1))
            .left(
                (left, right) -> {
                  if (right != null && right.equals("bad")) {
                    throw new IllegalArgumentException("cannot join");
                  }
                  return left + "|" + right;
                })
            .onError(ErrorPolicy.deadLetter())
            .name("joined"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("in-0", Row.class).partitions(1).send(0, new Row("a", "x"));
      test.topic("in-1", Row.class).partitions(1);
      test.run();
      test.topic("in-1", Row.class).send(0, new Row("a", "bad"));
      test.run();
      assertThat(test.table("table", Row.class)).isEmpty();
      DeadLetter letter = test.deadLetters().get(0);
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(letter.operator()).isEqualTo("joined");
      assertThat(new String(letter.value(), StandardCharsets.UTF_8))
          .isEqualTo("{\"key\":\"a\",\"rows\":[\"x\",\"bad\"]}");
    }
  }

  /** What no lambda shows, and no class: it has to be stated, for every kind of join. */
  @Test
  void rowsMayBeOfATypeWithArguments() {
    TypeRef<List<String>> texts = new TypeRef<>() {};
    Job job = Job.named("job");
    Table<String, String> a = rows(job, "a");
    Table<String, String> b = rows(job, "b");
    Table<String, String> c = rows(job, "c");
    Table<String, String> d = rows(job, "d");
    Map<String, Table<String, List<String>>> all = new TreeMap<>();
    all.put("2 inner", a.join(b).inner(texts, (x, y) -> some(x, y)));
    all.put("2 left", a.join(b).left(texts, (x, y) -> some(x, y)));
    all.put("2 right", a.join(b).right(texts, (x, y) -> some(x, y)));
    all.put("2 outer", a.join(b).outer(texts, (x, y) -> some(x, y)));
    all.put("3 inner", a.join(b).join(c).inner(texts, (x, y, z) -> some(x, y, z)));
    all.put("3 left", a.join(b).join(c).left(texts, (x, y, z) -> some(x, y, z)));
    all.put("3 outer", a.join(b).join(c).outer(texts, (x, y, z) -> some(x, y, z)));
    all.put("4 inner", a.join(b).join(c).join(d).inner(texts, (w, x, y, z) -> some(w, x, y, z)));
    all.put("4 left", a.join(b).join(c).join(d).left(texts, (w, x, y, z) -> some(w, x, y, z)));
    all.put("4 outer", a.join(b).join(c).join(d).outer(texts, (w, x, y, z) -> some(w, x, y, z)));
    all.put("foreign inner", a.onForeignKey(x -> x).join(b).inner(texts, (x, y) -> some(x, y)));
    all.put("foreign left", a.onForeignKey(x -> x).join(b).left(texts, (x, y) -> some(x, y)));
    all.forEach(
        (how, joined) -> {
          String name = how.replace(' ', '-');
          joined
              .name(name)
              .mapValues(row -> new Shown(String.join(" ", row)))
              .to(KafkaSink.upsert("out-" + name));
        });
    try (JobTest test = JobTest.of(job)) {
      test.topic("a", Row.class).send(new Row("k", "k"));
      test.topic("b", Row.class).send(new Row("k", "b1"));
      test.topic("c", Row.class).send(new Row("k", "c1"));
      test.topic("d", Row.class).send(new Row("k", "d1"));
      test.run();
      Map<String, String> expected = Map.of("2", "k b1", "3", "k b1 c1", "4", "k b1 c1 d1");
      all.keySet()
          .forEach(
              how ->
                  assertThat(test.table("out-" + how.replace(' ', '-'), Shown.class))
                      .as(how)
                      .isEqualTo(
                          Map.of(
                              "k", new Shown(expected.getOrDefault(how.substring(0, 1), "k b1")))));
    }
  }

  private static Table<String, String> rows(Job job, String topic) {
    return job.source(KafkaSource.json(topic, Row.class))
        .keyBy(Row::id)
        .latest(String.class, Row::text)
        .name(topic + "-rows");
  }

  private static List<String> some(@Nullable String... texts) {
    return Stream.of(texts).filter(Objects::nonNull).toList();
  }
}
