package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Joins by a foreign key on the simulated cluster: random moves, right rows that change, failures.
 */
final class ForeignKeyJoinsTest {

  /** A row of the left topic; one without a text deletes. */
  record Left(String id, @Nullable String to, @Nullable String text) {}

  /** A row of the right topic. */
  record Right(String id, @Nullable String text) {}

  /** A row of the result. */
  record Pair(String left, @Nullable String right) {}

  /** A change as a reader sees it. */
  record Seen(boolean retracts, String key, Pair row) {}

  private record Settings(int partitions, int tasks, int instances) {}

  private static final List<Settings> SETTINGS =
      List.of(new Settings(1, 1, 1), new Settings(4, 4, 2));

  private static Table<String, Left> lefts(Job job, int tasks) {
    return job.source(KafkaSource.json("lefts", Left.class))
        .keyBy(Left::id)
        .parallelism(tasks)
        .latest(Left.class, row -> row.text() == null ? null : row)
        .name("left-rows");
  }

  private static Table<String, Right> rights(Job job, int tasks) {
    return job.source(KafkaSource.json("rights", Right.class))
        .keyBy(Right::id)
        .parallelism(tasks)
        .latest(Right.class, row -> row.text() == null ? null : row)
        .name("right-rows");
  }

  private static Pair pair(Left left, @Nullable Right right) {
    return new Pair(
        left.id() + left.to() + left.text(), right == null ? null : right.id() + right.text());
  }

  private static void write(Table<String, Pair> pairs) {
    pairs.to(KafkaSink.upsert("table"));
    pairs
        .changes()
        .map(change -> new Seen(change.kind().retracts(), change.key(), change.value()))
        .to(KafkaSink.json("changes"));
  }

  private static Job job(boolean keepsLeft, Settings settings) {
    Job job = Job.named("job");
    ForeignKeyTableJoin<String, Left, Right> join =
        lefts(job, settings.tasks()).onForeignKey(Left::to).join(rights(job, settings.tasks()));
    write(
        (keepsLeft ? join.left(ForeignKeyJoinsTest::pair) : join.inner(ForeignKeyJoinsTest::pair))
            .name("pairs"));
    return job;
  }

  private static final class Feed {
    private final JobTest test;
    private final int partitions;
    private final Random random;
    private final Map<String, Left> lefts = new TreeMap<>();
    private final Map<String, Right> rights = new HashMap<>();

    Feed(JobTest test, Settings settings, long seed) {
      this.test = test;
      this.partitions = settings.partitions();
      this.random = new Random(seed);
      test.topic("lefts", Left.class).partitions(partitions);
      test.topic("rights", Right.class).partitions(partitions);
    }

    void send(int count) {
      for (int i = 0; i < count; i++) {
        if (random.nextInt(3) > 0) {
          int id = random.nextInt(8);
          int to = random.nextInt(5);
          String text = random.nextInt(4) == 0 ? null : "t" + random.nextInt(3);
          Left row = new Left("l" + id, to == 4 ? null : "r" + to, text);
          test.topic("lefts", Left.class).send(id % partitions, row);
          lefts.compute(row.id(), (any, before) -> text == null ? null : row);
        } else {
          right(random.nextInt(4), random.nextInt(4) == 0 ? null : "t" + random.nextInt(3));
        }
      }
    }

    void right(int id, @Nullable String text) {
      Right row = new Right("r" + id, text);
      test.topic("rights", Right.class).send(id % partitions, row);
      rights.compute(row.id(), (any, before) -> text == null ? null : row);
    }

    Map<String, Pair> expected(boolean keepsLeft) {
      Map<String, Pair> expected = new TreeMap<>();
      lefts.forEach(
          (id, left) -> {
            Right right = left.to() == null ? null : rights.get(left.to());
            if (right != null || keepsLeft) {
              expected.put(id, pair(left, right));
            }
          });
      return expected;
    }
  }

  /** Replays the changes: each takes back what is there, and none is in vain. */
  private static List<Pair> check(JobTest test, Map<String, Pair> expected, String said) {
    assertThat(test.table("table", Pair.class)).as(said).isEqualTo(expected);
    Map<String, Pair> replayed = new TreeMap<>();
    List<Pair> shown = new ArrayList<>();
    for (Seen seen : test.output("changes", Seen.class)) {
      if (seen.retracts()) {
        assertThat(replayed.remove(seen.key())).as(said + ", " + seen).isEqualTo(seen.row());
      } else {
        assertThat(replayed.put(seen.key(), seen.row())).as(said + ", " + seen).isNull();
        shown.add(seen.row());
      }
    }
    assertThat(replayed).as(said).isEqualTo(expected);
    return shown;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theTableIsWhatARecomputationOfTheFinalRowsGives(boolean keepsLeft) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (Settings settings : SETTINGS) {
      String said = settings + ", seed " + seed;
      try (JobTest test =
          JobTest.builder(job(keepsLeft, settings))
              .instances(settings.instances())
              .seed(seed)
              .build()) {
        Feed feed = new Feed(test, settings, seed);
        for (int batch = 0; batch < 6; batch++) {
          feed.send(20);
          test.run();
          check(test, feed.expected(keepsLeft), said);
          if (batch % 2 == 1) {
            test.restart(LocalState.LOST);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFailureAtAnyCommitChangesNothing(CommitFailure failure) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    for (Settings settings : SETTINGS) {
      for (boolean keepsLeft : new boolean[] {false, true}) {
        int failing = random.nextInt(16);
        String said = keepsLeft + ", " + settings + " at " + failing + ", seed " + seed;
        try (JobTest test =
            JobTest.builder(job(keepsLeft, settings)).instances(2).seed(seed).build()) {
          Feed feed = new Feed(test, settings, seed);
          for (int batch = 0; batch < 3; batch++) {
            feed.send(20);
            test.failCommit(test.commits() + failing, failure);
            test.run();
          }
          check(test, feed.expected(keepsLeft), said);
        }
      }
    }
  }

  /** Left rows move among right rows that have been there all the time. */
  @Test
  void aRightRowThatIsThereIsNeverMissing() {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Settings settings = new Settings(4, 4, 2);
    try (JobTest test = JobTest.builder(job(true, settings)).instances(2).seed(seed).build()) {
      Feed feed = new Feed(test, settings, seed);
      for (int right = 0; right < 4; right++) {
        feed.right(right, "there");
      }
      test.run();
      for (int batch = 0; batch < 4; batch++) {
        for (int i = 0; i < 20; i++) {
          int id = feed.random.nextInt(8);
          Left row = new Left("l" + id, "r" + feed.random.nextInt(4), "t" + i);
          test.topic("lefts", Left.class).send(id % 4, row);
          feed.lefts.put(row.id(), row);
        }
        test.run();
      }
      assertThat(check(test, feed.expected(true), "seed " + seed))
          .as("seed %d", seed)
          .allMatch(pair -> pair.right() != null);
    }
  }

  /** A table whose rows refer to others of the same one. */
  @Test
  void aTableIsJoinedWithItself() {
    Job job = Job.named("job");
    Table<String, Left> people = lefts(job, 2);
    people
        .onForeignKey(Left::to)
        .join(people)
        .left((each, boss) -> new Pair(each.text() + "", boss == null ? null : boss.text()))
        .name("with-boss")
        .to(KafkaSink.upsert("table"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("lefts", Left.class).partitions(1);
      test.topic("lefts", Left.class)
          .send(0, new Left("a", null, "Ada"), new Left("b", "a", "Bob"), new Left("c", "b", "Cy"));
      test.run();
      assertThat(test.table("table", Pair.class))
          .isEqualTo(
              Map.of(
                  "a",
                  new Pair("Ada", null),
                  "b",
                  new Pair("Bob", "Ada"),
                  "c",
                  new Pair("Cy", "Bob")));
      test.topic("lefts", Left.class).send(0, new Left("b", null, null));
      test.run();
      assertThat(test.table("table", Pair.class))
          .isEqualTo(Map.of("a", new Pair("Ada", null), "c", new Pair("Cy", null)));
    }
  }

  @Test
  void whatFailsIsNotInTheResult() {
    Job job = Job.named("job");
    write(
        lefts(job, 1)
            .onForeignKey(
                left -> {
                  if (left.text() != null && left.text().equals("lost")) {
                    throw new IllegalArgumentException("no foreign key");
                  }
                  return left.to();
                })
            .join(rights(job, 1))
            .left(
                (left, right) -> {
                  if (right != null && Objects.equals(right.text(), "bad")) {
                    throw new IllegalArgumentException("cannot join");
                  }
                  return pair(left, right);
                })
            .name("pairs")
            .onError(ErrorPolicy.deadLetter()));
    try (JobTest test = JobTest.of(job)) {
      Feed feed = new Feed(test, new Settings(1, 1, 1), 1);
      test.topic("lefts", Left.class)
          .send(0, new Left("a", "r0", "x"), new Left("b", "r0", "y"), new Left("c", null, "z"));
      test.run();
      assertThat(test.table("table", Pair.class)).hasSize(3);
      feed.right(0, "bad");
      test.topic("lefts", Left.class).send(0, new Left("c", "r1", "lost"));
      test.run();
      assertThat(test.table("table", Pair.class)).isEmpty();
      assertThat(test.deadLetters()).hasSize(3);
      assertThat(test.deadLetters().stream().map(letter -> letter.operator()).distinct())
          .containsExactlyInAnyOrder("pairs-rows", "pairs-keys");
      feed.right(0, "good");
      test.topic("lefts", Left.class).send(0, new Left("c", "r0", "found"));
      test.run();
      assertThat(test.table("table", Pair.class))
          .isEqualTo(
              Map.of(
                  "a", new Pair("ar0x", "r0good"),
                  "b", new Pair("br0y", "r0good"),
                  "c", new Pair("cr0found", "r0good")));
    }
  }

  /**
   * Left rows, foreign keys and results that cannot be written: what they replace must not stay.
   */
  @Test
  void whatCannotBeSentIsNotInTheResult() {
    String tooLarge = "x".repeat(2_000_000);
    Job job = Job.named("job");
    write(
        lefts(job, 2)
            .mapValues(
                Left.class,
                left ->
                    "large".equals(left.text()) ? new Left(left.id(), left.to(), tooLarge) : left)
            .onForeignKey(left -> "half".equals(left.to()) ? "\uD800" : left.to())
            .join(rights(job, 2))
            .left(
                (left, right) ->
                    right != null && "large".equals(right.text())
                        ? new Pair(left.id(), tooLarge)
                        : pair(left, right))
            .name("pairs"));
    try (JobTest test = JobTest.builder(job).set("errors.policy", "skip").build()) {
      Feed feed = new Feed(test, new Settings(1, 2, 1), 1);
      feed.right(0, "x");
      feed.right(1, "y");
      String[] ids = {"stays", "moves", "half", "result"};
      for (String id : ids) {
        test.topic("lefts", Left.class)
            .send(0, new Left(id, id.equals("result") ? "r1" : "r0", "1"));
      }
      test.run();
      assertThat(test.table("table", Pair.class)).hasSize(4);
      test.topic("lefts", Left.class)
          .send(0, new Left("stays", "r0", "large"), new Left("moves", "r2", "large"))
          .send(0, new Left("half", "half", "2"));
      feed.right(1, "large");
      test.run();
      assertThat(test.table("table", Pair.class)).isEmpty();
      assertThat(test.metrics().stages().values().stream().mapToLong(s -> s.skippedRecords()).sum())
          .isEqualTo(4);
      for (String id : ids) {
        test.topic("lefts", Left.class).send(0, new Left(id, "r0", "3"));
      }
      test.run();
      assertThat(test.table("table", Pair.class).values())
          .extracting(Pair::right)
          .containsOnly("r0x")
          .hasSize(4);
      for (String id : ids) {
        test.topic("lefts", Left.class).send(0, new Left(id, "r0", null));
      }
      test.run();
      assertThat(test.stateRows("pairs")).as("rows of keys that are gone").isZero();
    }
  }

  // ------------------------------------------------------------------ plans

  @Test
  void planShowsTheWayToTheForeignKeyAndBack() {
    Job job = Job.named("job");
    lefts(job, 2)
        .onForeignKey(Left::to)
        .join(rights(job, 3))
        .inner(ForeignKeyJoinsTest::pair)
        .name("pairs")
        .to(KafkaSink.upsert("table"));
    assertThat(PlanPrinter.text(Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail())))
        .contains(
            """
              step    left-rows: newest row of each key
              step    pairs-keys: foreignKeys of java.lang.String, without a shuffle: its keys are in place
              writes  shuffle job.pairs.direct.shuffle by java.lang.String
              writes  shuffle job.right-rows.pairs-rows-keys.shuffle by java.lang.String
            """)
        .contains(
            """
              step    right-rows: newest row of each key
              step    pairs-rows: lookUp inner, without a shuffle: its keys are in place
              writes  shuffle job.pairs.results.shuffle by java.lang.String
            """)
        .contains(
            """
              reads   shuffle job.pairs.direct.shuffle
              reads   shuffle job.pairs.results.shuffle
              step    pairs: newestResults
            """);
  }

  @Test
  void theNumberOfTasksIsThatOfTheForeignKeysAndOfTheResults() {
    Job job = Job.named("job");
    lefts(job, 2)
        .onForeignKey(Left::to)
        .join(rights(job, 3))
        .parallelism(5)
        .inner(ForeignKeyJoinsTest::pair)
        .name("pairs")
        .to(KafkaSink.upsert("table"));
    PhysicalPlan plan = Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
    assertThat(plan.stage("left-rows").parallelism()).hasValue(2);
    assertThat(plan.stage("right-rows").parallelism()).hasValue(3);
    assertThat(plan.stage("pairs-rows").parallelism()).hasValue(5);
    assertThat(plan.stage("pairs").parallelism()).hasValue(5);
  }

  @Test
  void tablesOfDifferentJobsAreRefused() {
    assertThatThrownBy(
            () -> lefts(Job.named("a"), 1).onForeignKey(Left::to).join(rights(Job.named("b"), 1)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("Cannot join tables: they belong to different jobs (a, b)");
  }
}
