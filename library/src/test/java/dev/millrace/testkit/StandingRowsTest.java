package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.config.JobConfig;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.spec.Format;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Look-ups of rows that stood in the topics of tables before the job was first started. Where some
 * stages run on no instance, a wait lasts until a test has one that runs them.
 */
final class StandingRowsTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private static DataStream<String> stream(Job job) {
    return job.source(KafkaSource.strings("stream"));
  }

  private static Table<String, String> rows(Job job) {
    return job.table(KafkaTable.strings("rows", String.class));
  }

  private static String letter(String value) {
    return value.substring(0, 1);
  }

  private static void lookUp(DataStream<String> stream, Table<String, ?> table) {
    stream
        .join(table)
        .on(StandingRowsTest::letter)
        .left((value, row) -> value + "+" + row)
        .name("joined")
        .to(KafkaSink.strings("out"));
  }

  private static Job job() {
    Job job = Job.named("standing");
    lookUp(stream(job), rows(job));
    return job;
  }

  private static List<String> out(JobTest test) {
    return test.output("out", String.class);
  }

  /** Rows of few keys, so that a record which comes too early finds another one. */
  private static Map<String, String> fill(JobTest test, String topic, int rows, Random random) {
    Map<String, String> table = new TreeMap<>();
    for (int i = 0; i < rows; i++) {
      String key = "" + (char) ('a' + random.nextInt(20));
      if (random.nextInt(10) == 0) {
        test.topic(topic, String.class).sendTombstone(key);
        table.remove(key);
      } else {
        test.topic(topic, String.class).send(TestRecord.of(key + i % 7).key(key));
        table.put(key, key + i % 7);
      }
    }
    return table;
  }

  /** Sends records; returns what they find. */
  private static List<String> send(JobTest test, int records, Map<String, ?> table, Random random) {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      String key = "" + (char) ('a' + random.nextInt(22));
      test.topic("stream", String.class).send(key + ":" + i);
      expected.add(key + ":" + i + "+" + table.get(key));
    }
    return expected;
  }

  private static boolean waits(JobTest test) {
    return test.running().stream()
        .flatMap(instance -> instance.workers().stream())
        .map(Worker::view)
        .flatMap(view -> view.tasks().stream())
        .anyMatch(TaskView::awaitsTables);
  }

  private static String allBut(Job job, String left) {
    return String.join(
        ",", JobTest.of(job).stages().stream().filter(stage -> !stage.equals(left)).toList());
  }

  // ------------------------------------------------------------------ what is found

  @ParameterizedTest
  @CsvSource({"1, 1", "4, 4", "1, 3", "3, 1"})
  void eachRecordFindsTheRowThatStoodThere(int tables, int streams) {
    for (int seed = 0; seed < 4; seed++) {
      Random random = new Random(seed);
      ProcessingGuarantee guarantee =
          ProcessingGuarantee.values()[seed % ProcessingGuarantee.values().length];
      try (JobTest test =
          JobTest.builder(job())
              .seed(seed)
              .instances(1 + seed / 2 % 2)
              .guarantee(guarantee)
              .set("max.poll.records", "10")
              .build()) {
        test.topic("rows", String.class).partitions(tables);
        test.topic("stream", String.class).partitions(streams);
        List<String> expected = send(test, 100, fill(test, "rows", 300, random), random);
        test.run();
        assertThat(out(test)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  /** Tables that are made of those of topics, in one stage or several. */
  private enum Made {
    BY_STEPS {
      @Override
      Table<String, ?> of(Job job) {
        return rows(job).filter((key, row) -> !row.endsWith("3")).mapValues(row -> row + "!");
      }

      @Override
      Map<String, String> from(Map<String, String> rows, Map<String, String> others) {
        Map<String, String> made = new TreeMap<>(rows);
        made.values().removeIf(row -> row.endsWith("3"));
        made.replaceAll((key, row) -> row + "!");
        return made;
      }
    },
    BY_GROUPS {
      @Override
      Table<String, ?> of(Job job) {
        return rows(job).groupBy((key, row) -> row.endsWith("3") ? "a" : "b").count();
      }

      @Override
      Map<String, String> from(Map<String, String> rows, Map<String, String> others) {
        long threes = rows.values().stream().filter(row -> row.endsWith("3")).count();
        Map<String, String> made = new TreeMap<>();
        made.put("a", "" + threes);
        made.put("b", "" + (rows.size() - threes));
        made.values().remove("0");
        return made;
      }
    },
    BY_A_JOIN {
      @Override
      Table<String, ?> of(Job job) {
        return rows(job)
            .join(job.table(KafkaTable.strings("others", String.class)))
            .outer((row, other) -> row + "/" + other);
      }

      @Override
      Map<String, String> from(Map<String, String> rows, Map<String, String> others) {
        Map<String, String> made = new TreeMap<>();
        TreeSet<String> keys = new TreeSet<>(rows.keySet());
        keys.addAll(others.keySet());
        keys.forEach(key -> made.put(key, rows.get(key) + "/" + others.get(key)));
        return made;
      }
    },
    BY_A_FOREIGN_KEY {
      @Override
      Table<String, ?> of(Job job) {
        return rows(job)
            .onForeignKey(row -> row.endsWith("3") ? "a" : "b")
            .join(job.table(KafkaTable.strings("others", String.class)))
            .left((row, other) -> row + "/" + other);
      }

      @Override
      Map<String, String> from(Map<String, String> rows, Map<String, String> others) {
        Map<String, String> made = new TreeMap<>(rows);
        made.replaceAll((key, row) -> row + "/" + others.get(row.endsWith("3") ? "a" : "b"));
        return made;
      }
    },
    BY_A_JOIN_WHERE_GROUPS_LIE {
      @Override
      Table<String, ?> of(Job job) {
        return rows(job)
            .groupBy((key, row) -> row.endsWith("3") ? "a" : "b")
            .count()
            .join(
                job.table(KafkaTable.strings("others", String.class))
                    .groupBy((key, row) -> row.endsWith("4") ? "a" : "b")
                    .count())
            .outer((row, other) -> row + "/" + other);
      }

      @Override
      Map<String, String> from(Map<String, String> rows, Map<String, String> others) {
        Map<String, String> made = new TreeMap<>();
        long threes = rows.values().stream().filter(row -> row.endsWith("3")).count();
        long fours = others.values().stream().filter(row -> row.endsWith("4")).count();
        made.put("a", count(threes) + "/" + count(fours));
        made.put("b", count(rows.size() - threes) + "/" + count(others.size() - fours));
        made.values().remove("null/null");
        return made;
      }

      private String count(long rows) {
        return rows == 0 ? "null" : "" + rows;
      }
    };

    abstract Table<String, ?> of(Job job);

    abstract Map<String, String> from(Map<String, String> rows, Map<String, String> others);
  }

  @ParameterizedTest
  @EnumSource
  void soItDoesInTablesThatAreMadeOfThose(Made made) {
    for (int seed = 0; seed < 4; seed++) {
      Random random = new Random(seed);
      Job job = Job.named("standing");
      lookUp(stream(job), made.of(job));
      try (JobTest test =
          JobTest.builder(job)
              .seed(seed)
              .instances(1 + seed % 2)
              .set("max.poll.records", "20")
              .build()) {
        test.topic("rows", String.class).partitions(seed % 3 + 1);
        Map<String, String> rows = fill(test, "rows", 200, random);
        Map<String, String> others =
            made == Made.BY_STEPS || made == Made.BY_GROUPS
                ? Map.of()
                : fill(test, "others", 60, random);
        List<String> expected = send(test, 60, made.from(rows, others), random);
        test.run();
        assertThat(out(test)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  /** It dies, aborts, or commits without knowing, at any moment of the loading. */
  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void soItDoesWhicheverCommitFails(CommitFailure failure) {
    int commits = Integer.MAX_VALUE;
    for (int failing = -1; failing < commits; failing += 17) {
      Random random = new Random(failing);
      Job job = Job.named("standing");
      lookUp(stream(job), Made.BY_A_FOREIGN_KEY.of(job));
      try (JobTest test =
          JobTest.builder(job).seed(failing).instances(2).set("max.poll.records", "10").build()) {
        if (failing >= 0) {
          LocalState state = failing % 2 == 0 ? LocalState.LOST : LocalState.KEPT;
          test.failCommit(failing, failure, state);
        }
        test.topic("rows", String.class).partitions(2);
        Map<String, String> rows = fill(test, "rows", 40, random);
        Map<String, String> others = fill(test, "others", 20, random);
        Map<String, String> made = Made.BY_A_FOREIGN_KEY.from(rows, others);
        List<String> expected = send(test, 20, made, random);
        test.run();
        commits = failing < 0 ? test.commits() : commits;
        assertThat(out(test))
            .as("commit %d, %s", failing, failure)
            .containsExactlyInAnyOrderElementsOf(expected);
      }
    }
    assertThat(commits).isGreaterThan(20);
  }

  /** Each change of the group is joined with many rows, in the stage of the group. */
  @Test
  void whatTakesSeveralCommitsAfterTheLastRowIsAwaited() {
    Job job = Job.named("standing");
    Table<String, Long> group =
        job.table(KafkaTable.strings("others", String.class)).groupBy((key, row) -> "all").count();
    stream(job)
        .join(
            rows(job)
                .onForeignKey(row -> "all")
                .join(group)
                .left((row, count) -> row + count + "x".repeat(20_000))
                .mapValues(row -> row.replace("x", "")))
        .on(value -> value)
        .left((value, row) -> value + "+" + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test =
        JobTest.builder(job)
            .set("heap.memory", "16MB")
            .set("max.poll.records", "20")
            .set("stages", allBut(job, "others"))
            .build()) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        test.topic("rows", String.class).send(TestRecord.of("r").key("k" + i));
        test.topic("stream", String.class).send("k" + i);
        expected.add("k" + i + "+r41");
      }
      for (int i = 0; i <= 40; i++) {
        test.topic("others", String.class).send(TestRecord.of("o").key("k" + i));
      }
      test.run();
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  // ------------------------------------------------------------------ waiting

  @Test
  void theStreamIsNotReadBeforeTheTableIsThereAlsoAfterARestart() {
    Random random = new Random(1);
    try (JobTest test = JobTest.builder(job()).set("stages", "stream,joined").build()) {
      test.topic("rows", String.class).partitions(2);
      List<String> expected = send(test, 50, fill(test, "rows", 100, random), random);
      test.run();
      assertThat(waits(test)).isTrue();
      test.restart(LocalState.LOST);
      test.restart(LocalState.KEPT);
      test.advanceProcessingTime(Duration.ofMinutes(10));
      assertThat(waits(test)).isTrue();
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(waits(test)).isFalse();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void whatIsLoadedStaysLoaded() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).send(TestRecord.of("a1").key("a"));
      test.run();
      test.set("stages", "stream,joined");
      test.restart(LocalState.LOST);
      test.topic("rows", String.class).send(TestRecord.of("a2").key("a"));
      test.topic("stream", String.class).send("a").send("b");
      test.run();
      assertThat(waits(test)).isFalse();
      assertThat(out(test)).containsExactlyInAnyOrder("a+a1", "b+null");
    }
  }

  @Test
  void allTopicsOfATableAreAwaited() {
    Job job = Job.named("standing");
    lookUp(stream(job), Made.BY_A_JOIN.of(job));
    Random random = new Random(2);
    try (JobTest test = JobTest.builder(job).set("stages", allBut(job, "others")).build()) {
      Map<String, String> rows = fill(test, "rows", 100, random);
      Map<String, String> others = fill(test, "others", 100, random);
      List<String> expected = send(test, 50, Made.BY_A_JOIN.from(rows, others), random);
      test.run();
      assertThat(out(test)).isEmpty();
      test.restart(LocalState.LOST);
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void aTableWithoutRowsIsLoadedAtOnce() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).partitions(3);
      test.topic("stream", String.class).send("a").send("b");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a+null", "b+null");
    }
  }

  @Test
  void soIsOneOfWhichSomePartitionsHaveNone() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class)
          .partitions(3)
          .send(TestRecord.of("a1").key("a").partition(1));
      test.topic("stream", String.class).send("a").send("b");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a+a1", "b+null");
    }
  }

  /** Tasks take turns: one that was loading elsewhere goes on where its owner has committed. */
  @Test
  void itIsLoadedWhoeverHasItsTasks() {
    Random random = new Random(4);
    try (JobTest test =
        JobTest.builder(job()).seed(4).instances(2).set("max.poll.records", "3").build()) {
      test.topic("rows", String.class).partitions(4);
      List<String> expected = send(test, 40, fill(test, "rows", 200, random), random);
      for (int commit = 3; commit < 30; commit += 9) {
        test.failCommit(commit, CommitFailure.KILLED_BEFORE);
      }
      test.expel(0);
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /**
   * A run that goes on after one with an end has its rows, and waits for nothing that came then.
   */
  @Test
  void aFurtherRunHasTheTable() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).send(TestRecord.of("a1").key("a"));
      test.topic("stream", String.class).send("a");
      test.endInput();
      test.set("until.end", "false");
      test.topic("stream", String.class).send("a").send("b");
      test.restart(LocalState.LOST);
      assertThat(out(test)).containsExactlyInAnyOrder("a+a1", "a+a1", "b+null");
      test.topic("rows", String.class).send(TestRecord.of("b1").key("b"));
      test.run();
      test.topic("stream", String.class).send("b");
      test.run();
      assertThat(out(test)).contains("b+b1");
    }
  }

  /** An idle table, and one whose times are old, holds neither the stream nor its windows back. */
  @Test
  void aTableThatHasIdlePartitionsIsLoaded() {
    Job job = Job.named("standing");
    Watermarks<Object> idle = Watermarks.monotonous().idleness(Duration.ofSeconds(2));
    lookUp(
        job.source(KafkaSource.strings("stream").watermarks(idle)),
        job.table(KafkaTable.strings("rows", String.class).watermarks(idle))
            .join(job.table(KafkaTable.strings("others", String.class).watermarks(idle)))
            .outer((one, other) -> one + "/" + other));
    try (JobTest test = JobTest.of(job)) {
      test.topic("rows", String.class).partitions(3).send(TestRecord.of("a1").key("a"));
      test.topic("stream", String.class).send("a");
      test.advanceProcessingTime(Duration.ofSeconds(30));
      assertThat(out(test)).containsExactly("a+a1/null");
    }
  }

  // ------------------------------------------------------------------ the end of a topic

  /** What stands there ends with the marker of a transaction, or with aborted records. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anEndWithoutARecordIsReached(boolean isAborted) {
    try (JobTest test = JobTest.builder(job()).set("max.poll.records", "1").build()) {
      test.topic("rows", String.class).partitions(1);
      try (Producer<byte[], byte[]> producer = begun(test.kafka(), "a", "a1")) {
        producer.commitTransaction();
      }
      if (isAborted) {
        try (Producer<byte[], byte[]> producer = begun(test.kafka(), "a", "never")) {
          producer.abortTransaction();
        }
      }
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+a1");
    }
  }

  @Test
  void anOpenTransactionIsNotAwaited() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).partitions(1).send(TestRecord.of("a1").key("a"));
      try (Producer<byte[], byte[]> producer = begun(test.kafka(), "a", "a2")) {
        test.topic("stream", String.class).send("a");
        test.run();
        assertThat(out(test)).containsExactly("a+a1");
        producer.commitTransaction();
      }
      test.run();
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+a1", "a+a2");
    }
  }

  /** A leader was lost with what the others did not have. */
  @Test
  void whatIsCutOffMeanwhileIsNotAwaited() {
    try (JobTest test = JobTest.builder(job()).set("stages", "stream,joined").build()) {
      for (int i = 0; i < 10; i++) {
        test.topic("rows", String.class).send(TestRecord.of("a" + i).key("a"));
      }
      test.topic("stream", String.class).send("a");
      test.run();
      test.kafka().truncate(new TopicPartition("rows", 0), 4);
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactly("a+a3");
    }
  }

  @Test
  void norIsWhatIsDeleted() {
    try (JobTest test =
        JobTest.builder(job())
            .set("stages", "stream,joined")
            .set("accept.deletion", "true")
            .build()) {
      for (int i = 0; i < 10; i++) {
        test.topic("rows", String.class).send(TestRecord.of("a" + i).key("a"));
      }
      test.topic("stream", String.class).send("a");
      test.run();
      test.kafka().deleteBefore(new TopicPartition("rows", 0), Long.MAX_VALUE);
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactly("a+null");
    }
  }

  private static Producer<byte[], byte[]> begun(SimKafka kafka, String key, String row) {
    Producer<byte[], byte[]> producer =
        kafka.connect(JobConfig.defaults()).transactionalProducer("feed", "feed");
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(
        new ProducerRecord<>(
            "rows", 0, key.getBytes(StandardCharsets.UTF_8), row.getBytes(StandardCharsets.UTF_8)));
    return producer;
  }

  // ------------------------------------------------------------------ who does not wait

  /** A table of a source has no end that could be waited for. */
  @Test
  void aTableOfAStreamIsNotAwaited() {
    Job job = Job.named("standing");
    lookUp(stream(job), job.source(KafkaSource.strings("rows")).toTable(row -> letter(row)));
    try (JobTest test = JobTest.builder(job).set("stages", "stream,joined").build()) {
      test.topic("rows", String.class).send("a1");
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+null");
    }
  }

  /** One that is partly made of a stream has none either. */
  @Test
  void norIsOneThatIsJoinedWithTheTableOfAStream() {
    Job job = Job.named("standing");
    lookUp(
        stream(job),
        rows(job)
            .join(job.source(KafkaSource.strings("updates")).toTable(row -> letter(row)))
            .left((row, other) -> row));
    try (JobTest test = JobTest.builder(job).set("stages", "stream,joined").build()) {
      test.topic("rows", String.class).send(TestRecord.of("a1").key("a"));
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+null");
    }
  }

  /**
   * What a look-up emits depends on the table, but is not made of it: the next look-up in the same
   * one waits too. And the table is read meanwhile, although so much waits after both.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theSameTableIsAwaitedByEachOfSeveralLookups(boolean isMerged) {
    Job job = Job.named("twice");
    Table<String, String> rows = rows(job);
    DataStream<String> first =
        stream(job)
            .join(rows)
            .on(StandingRowsTest::letter)
            .left((value, row) -> value + "+" + row)
            .name("first");
    DataStream<String> all =
        isMerged ? first.union(job.source(KafkaSource.strings("others"))) : first;
    all.join(rows)
        .on(value -> value.substring(1, 2))
        .left((value, row) -> value + "+" + row)
        .name("second")
        .to(KafkaSink.strings("out"));
    Random random = new Random(5);
    try (JobTest test =
        JobTest.builder(job)
            .seed(5)
            .set("backpressure.max.lag.records", "4")
            .set("max.poll.records", "5")
            .build()) {
      Map<String, String> table = fill(test, "rows", 300, random);
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        String one = "" + (char) ('a' + random.nextInt(22));
        String other = "" + (char) ('a' + random.nextInt(22));
        Instant before = test.now().minusSeconds(100);
        test.topic("stream", String.class).send(TestRecord.of(one + other + i).at(before));
        expected.add(one + other + i + "+" + table.get(one) + "+" + table.get(other));
        if (isMerged) {
          test.topic("others", String.class).send(TestRecord.of("-" + other + i).at(before));
          expected.add("-" + other + i + "+" + table.get(other));
        }
      }
      test.advanceProcessingTime(Duration.ofSeconds(60));
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /** A table whose changes are looked up in itself, and two of which each looks up the other. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noTableWaitsForItself(boolean isByWayOfAnother) {
    Job job = Job.named("circle");
    Table<String, String> rows = rows(job);
    Table<String, String> others =
        isByWayOfAnother ? job.table(KafkaTable.strings("others", String.class)) : rows;
    for (boolean first : isByWayOfAnother ? List.of(true, false) : List.of(true)) {
      (first ? rows : others)
          .changes()
          .filter(change -> change.value() != null)
          .join(first ? others : rows)
          .on(change -> change.key())
          .left((change, row) -> change.key())
          .to(KafkaSink.strings("out"));
    }
    try (JobTest test =
        JobTest.builder(job)
            .set("backpressure.max.lag.records", "2")
            .set("max.poll.records", "1")
            .build()) {
      for (int i = 0; i < 60; i++) {
        test.topic("rows", String.class).send(TestRecord.of("x").key("k" + i));
        if (isByWayOfAnother) {
          test.topic("others", String.class).send(TestRecord.of("x").key("k" + i));
        }
      }
      test.advanceProcessingTime(Duration.ofSeconds(30));
      assertThat(out(test)).hasSize(isByWayOfAnother ? 120 : 60);
    }
  }

  // ------------------------------------------------------------------ backpressure

  /** The stream is held back once enough of it waits, and its table is not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTableIsReadWhileItsStreamIsHeldBack(boolean isBounded) {
    Random random = new Random(3);
    try (JobTest test =
        JobTest.builder(job())
            .set("until.end", "" + isBounded)
            .set("backpressure.max.lag.records", "4")
            .set("max.poll.records", "5")
            .set("stages", "stream,joined")
            .build()) {
      List<String> expected = send(test, 200, fill(test, "rows", 400, random), random);
      test.advanceProcessingTime(Duration.ofSeconds(5));
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      test.advanceProcessingTime(Duration.ofSeconds(60));
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /** A table that is waited for to its end goes on although its source feeds what waits. */
  @Test
  void aBoundedStreamThatIsLookedUpInItsOwnCountsComesToItsEnd() {
    Job job = Job.named("counts");
    DataStream<String> stream = stream(job);
    lookUp(stream, stream.keyBy(StandingRowsTest::letter).count());
    try (JobTest test =
        JobTest.builder(job)
            .set("until.end", "true")
            .set("backpressure.max.lag.records", "4")
            .set("max.poll.records", "1")
            .build()) {
      for (int i = 0; i < 100; i++) {
        test.topic("stream", String.class).send("a" + i);
      }
      test.advanceProcessingTime(Duration.ofSeconds(60));
      assertThat(out(test)).hasSize(100).allMatch(line -> line.endsWith("+100"));
    }
  }

  // ------------------------------------------------------------------ a deployed job

  @Test
  void aLookupThatIsAddedWaitsForATableThatIsNewWithIt() {
    SimClock clock = new SimClock(START);
    TestCluster cluster = new TestCluster(clock);
    List.of("stream", "rows", "out", "copy").forEach(topic -> cluster.createIfMissing(topic, 1));
    TestTopic<String> rows = new TestTopic<>(cluster, "rows", new Format.Utf8<>());
    TestTopic<String> stream = new TestTopic<>(cluster, "stream", new Format.Utf8<>());
    Job first = Job.named("standing");
    stream(first).to(KafkaSink.strings("copy"));
    Driver before = driver(first, cluster, clock, "");
    before.start();
    stream.send("a");
    before.run();
    before.stop(0);
    for (int i = 0; i <= 20; i++) {
      rows.send(TestRecord.of("a" + i).key("a"));
    }
    Job second = Job.named("standing");
    DataStream<String> both = stream(second);
    both.to(KafkaSink.strings("copy"));
    lookUp(both, rows(second));
    Driver waiting = driver(second, cluster, clock, "stream,joined");
    waiting.start();
    stream.send("a");
    waiting.run();
    assertThat(new Outputs(cluster).values("out", TypeRef.of(String.class))).isEmpty();
    waiting.stop(0);
    Driver after = driver(second, cluster, clock, "");
    after.start();
    after.run();
    assertThat(new Outputs(cluster).values("out", TypeRef.of(String.class)))
        .containsExactly("a+a20");
    after.killAll();
  }

  @Test
  void aVersionThatTakesOverAmidTheLoadingGoesOnWaiting() {
    SimClock clock = new SimClock(START);
    TestCluster cluster = new TestCluster(clock);
    List.of("stream", "rows", "out", "copy").forEach(topic -> cluster.createIfMissing(topic, 1));
    new TestTopic<String>(cluster, "rows", new Format.Utf8<>()).send(TestRecord.of("a1").key("a"));
    new TestTopic<String>(cluster, "stream", new Format.Utf8<>()).send("a");
    Driver before = driver(job(), cluster, clock, "stream,joined");
    before.start();
    before.run();
    before.stop(0);
    Job second = Job.named("standing");
    DataStream<String> both = stream(second);
    both.rebalance().name("copied").to(KafkaSink.strings("copy"));
    lookUp(both, rows(second));
    Driver after = driver(second, cluster, clock, "");
    after.start();
    after.run();
    assertThat(cluster.manifest("standing.meta").orElseThrow().changes()).isOne();
    assertThat(cluster.manifest("standing.meta").orElseThrow().stages().get("rows").standing())
        .containsExactly(1L);
    assertThat(new Outputs(cluster).values("out", TypeRef.of(String.class)))
        .containsExactly("a+a1");
    after.killAll();
  }

  private static Driver driver(Job job, TestCluster cluster, SimClock clock, String stages) {
    JobConfig config =
        JobTest.builder(job).set("max.poll.records", "1").config().with("stages", stages);
    PhysicalPlan plan = Launcher.plan(PlanAccess.of(job), config);
    return new Driver(plan, config, cluster.kafka(), clock, new Driver.Mode(0, true));
  }
}
