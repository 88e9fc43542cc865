package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ValueState;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs from a first version of their program to a second one, and back. */
final class GrowingJobsTest {

  record Word(String word, long count, long atMs) {}

  record Count(int length, long count) {}

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final int PARTITIONS = 2;

  @TempDir Path directory;

  private final SimClock clock = new SimClock(START);
  private final TestCluster cluster = new TestCluster(clock);
  private final Outputs outputs = new Outputs(cluster);
  private final Map<String, Long> totals = new TreeMap<>();
  private long sent;

  GrowingJobsTest() {
    cluster.createIfMissing("words", PARTITIONS);
    for (String topic : List.of("totals", "lengths", "others", "plain")) {
      cluster.createIfMissing(topic, 1);
    }
  }

  // ------------------------------------------------------------------ versions

  private Driver version(Consumer<Job> program, String... drops) {
    return version(program, Map.of(), drops);
  }

  private Driver version(Consumer<Job> program, Map<String, String> settings, String... drops) {
    Job job = Job.named("growing");
    program.accept(job);
    JobTestBuilder builder = JobTest.builder(job);
    settings.forEach(builder::set);
    JobConfig config = builder.config().with("drop", String.join(",", drops));
    PhysicalPlan plan = Launcher.plan(PlanAccess.of(job), config);
    return new Driver(plan, config, cluster.kafka(), clock, new Driver.Mode(0, true));
  }

  private static DataStream<Word> words(Job job) {
    return job.source(
        KafkaSource.json("words", Word.class)
            .eventTime(word -> Instant.ofEpochMilli(word.atMs()))
            .watermarks(Watermarks.monotonous()));
  }

  private static void totals(DataStream<Word> words) {
    words.keyBy(Word::word).sum(Word::count).name("totals").to(KafkaSink.upsert("totals"));
  }

  private static void lengths(DataStream<Word> words) {
    words
        .keyBy(word -> word.word().length())
        .sum(Word::count)
        .name("lengths")
        .to(KafkaSink.upsert("lengths"));
  }

  private static final Consumer<Job> FIRST = job -> totals(words(job));

  private static final Consumer<Job> WITH_A_BRANCH =
      job -> {
        DataStream<Word> words = words(job);
        totals(words);
        lengths(words);
      };

  // ------------------------------------------------------------------ what is in the cluster

  /** Sends one word to each partition, all of the same time. */
  private void send(String... texts) {
    for (int i = 0; i < texts.length; i++) {
      new TestTopic<>(cluster, "words", new Format.Json<>(TypeRef.of(Word.class)))
          .send(i % PARTITIONS, new Word(texts[i], 1, START.toEpochMilli() + sent));
      totals.merge(texts[i], 1L, Long::sum);
    }
    sent += 1_000;
  }

  private Map<String, Long> table(String topic) {
    return outputs.table(topic, TypeRef.of(Long.class));
  }

  private Manifest manifest() {
    return cluster.manifest("growing.meta").orElseThrow();
  }

  private List<String> ownTopics() throws Exception {
    return cluster.kafka().connect(JobConfig.defaults()).admin().listTopics().names().get().stream()
        .filter(
            topic ->
                topic.startsWith("growing.") && topic.chars().filter(c -> c == '.').count() > 1)
        .sorted()
        .toList();
  }

  private void runToTheEnd(Driver driver) {
    driver.start();
    driver.run();
    driver.stop(0);
  }

  // ------------------------------------------------------------------ new stages

  @Test
  void aNewBranchBeginsWhereTheJobStands() throws Exception {
    send("a", "bb");
    runToTheEnd(version(FIRST));
    send("a", "bb", "ccc");

    Driver second = version(WITH_A_BRANCH);
    second.start();
    second.run();
    send("a", "dd");
    second.run();
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(table("lengths")).isEqualTo(Map.of("1", 2L, "2", 2L, "3", 1L));
    assertThat(ownTopics())
        .containsExactly(
            "growing.lengths.changelog",
            "growing.lengths.shuffle",
            "growing.totals.changelog",
            "growing.totals.shuffle");

    second.killAll();
    second.loseDisk();
    second.start();
    send("a");
    second.run();
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(table("lengths")).isEqualTo(Map.of("1", 3L, "2", 2L, "3", 1L));
    assertThat(manifest().changes()).isEqualTo(1);
  }

  /** One partition has no record any more: its time is that of the version before. */
  @Test
  void windowsOfANewBranchCloseByTheTimeThatTheJobHas() {
    send("a", "bb");
    runToTheEnd(version(FIRST));

    Driver second =
        version(
            job -> {
              DataStream<Word> words = words(job);
              totals(words);
              words
                  .keyBy(Word::word)
                  .window(Windows.tumbling(Duration.ofSeconds(1)))
                  .count()
                  .name("windows")
                  .map(result -> result.key() + "=" + result.value())
                  .to(KafkaSink.strings("lengths"));
            });
    second.start();
    second.run();
    sent = 0;
    send("a"); // into the window that the totals have got two words of before
    sent = 5_000;
    send("a");
    second.run();
    assertThat(outputs.values("lengths", TypeRef.of(String.class))).isEmpty();
    sent = 6_000;
    send("a", "bb");
    second.run();
    assertThat(outputs.values("lengths", TypeRef.of(String.class)))
        .containsExactlyInAnyOrder("a=1", "a=1");
    assertThat(table("totals")).isEqualTo(totals);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNewSourceBeginsAsItSays(boolean fromLatest) {
    cluster.createIfMissing("more", 3);
    TestTopic<String> more = new TestTopic<>(cluster, "more", new Format.Utf8<>());
    more.send(0, "before");
    runToTheEnd(version(FIRST));
    send("a", "bb");

    Driver second =
        version(
            job -> {
              totals(words(job));
              KafkaSource<String> source = KafkaSource.strings("more");
              job.source(fromLatest ? source.fromLatest() : source).to(KafkaSink.strings("others"));
            });
    second.start();
    second.run();
    more.send(0, "after");
    second.run();
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(outputs.values("others", TypeRef.of(String.class)))
        .isEqualTo(fromLatest ? List.of("after") : List.of("before", "after"));
  }

  @Test
  void aNewTableIsReadFromItsBeginning() {
    cluster.createIfMissing("more", 3);
    TestTopic<String> more = new TestTopic<>(cluster, "more", new Format.Utf8<>());
    more.send(TestRecord.of("1").key("a")).send(TestRecord.of("1").key("b"));
    runToTheEnd(version(FIRST));

    Driver second =
        version(
            job -> {
              totals(words(job));
              writeRows(job);
            });
    second.start();
    second.run();
    more.send(TestRecord.of("2").key("a"));
    second.run();
    assertThat(table("others")).isEqualTo(Map.of("a", 2L, "b", 1L));
    assertThat(table("totals")).isEqualTo(totals);
  }

  private static void writeRows(Job job) {
    job.table(KafkaTable.json("more", String.class, Long.class)).to(KafkaSink.upsert("others"));
  }

  /** It would have only the rows of records after the offset that the stream has come to. */
  private static Table<String, Long> newest(Job job, String name) {
    Table<String, Long> newest = words(job).keyBy(Word::word).sum(Word::count).name(name);
    newest.to(KafkaSink.upsert("totals"));
    return newest;
  }

  private static void perTotal(Table<String, Long> totals) {
    totals.groupBy((word, total) -> total).count().name("per-total").to(KafkaSink.upsert("others"));
  }

  /** Its groups would take back rows that they never got, in the place of others. */
  @Test
  void groupsOfATableDoNotBeginAmidItsRows() {
    send("a", "bb");
    runToTheEnd(version(job -> newest(job, "totals")));

    assertThatThrownBy(() -> version(job -> perTotal(newest(job, "totals"))).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(
            "'per-total' is new and would miss the rows that table 'totals' has already");

    runToTheEnd(version(job -> perTotal(newest(job, "anew")), "totals"));
    send("a", "bb", "ccc");
    runToTheEnd(version(job -> perTotal(newest(job, "anew"))));
    assertThat(table("others")).isEqualTo(Map.of("1", 3L));
  }

  @Test
  void aLookUpDoesNotBeginAmidTheRowsOfItsTable() {
    send("a", "bb");
    runToTheEnd(version(job -> newest(job, "totals")));

    Consumer<Job> second =
        job ->
            job.source(KafkaSource.strings("plain"))
                .join(newest(job, "totals"))
                .on(word -> word)
                .inner((word, total) -> word + total)
                .name("looked-up")
                .to(KafkaSink.strings("others"));
    assertThatThrownBy(() -> version(second).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("'looked-up' is new and would miss the rows");
  }

  /** Versions of a topic's rows are read from its beginning, or not at all. */
  @Test
  void aLookUpByEventTimeDoesNotBeginAmidTheTopicOfItsTable() {
    cluster.createIfMissing("more", 1);
    Consumer<Job> table = job -> timed(job).to(KafkaSink.upsert("totals"));
    Consumer<Job> both =
        job -> {
          Table<String, Long> timed = timed(job);
          timed.to(KafkaSink.upsert("totals"));
          lookUp(job, timed);
        };
    Driver first = version(table);
    first.start();
    first.run();
    first.stop(0);
    assertThatThrownBy(() -> version(both).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(
            "'looked-up' is new and would miss what was read of topic 'more' already");
  }

  @Test
  void norDoesTheTableOfATopicThatIsOnlyLookedUpByEventTime() {
    cluster.createIfMissing("more", 1);
    Driver first = version(job -> lookUp(job, timed(job)));
    first.start();
    first.run();
    first.stop(0);
    Consumer<Job> second =
        job -> {
          Table<String, Long> timed = timed(job);
          timed.to(KafkaSink.upsert("totals"));
          lookUp(job, timed);
        };
    assertThatThrownBy(() -> version(second).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("'rows' is new and would miss what was read of topic 'more' already");
  }

  private static Table<String, Long> timed(Job job) {
    return job.table(
            KafkaTable.json("more", String.class, Long.class).watermarks(Watermarks.monotonous()))
        .name("rows");
  }

  private static void lookUp(Job job, Table<String, Long> table) {
    job.source(KafkaSource.strings("plain").watermarks(Watermarks.monotonous()))
        .join(table)
        .on(word -> word)
        .asOfEventTime()
        .inner((word, row) -> word + row)
        .name("looked-up")
        .to(KafkaSink.strings("others"));
  }

  @Test
  void aJoinOfTablesDoesNotBeginAmidTheirRows() {
    send("a", "bb");
    Consumer<Job> first =
        job -> {
          KeyedStream<String, Word> words = words(job).keyBy(Word::word);
          words.count().name("counts").to(KafkaSink.upsert("others"));
          words.sum(Word::count).name("sums").to(KafkaSink.upsert("totals"));
        };
    runToTheEnd(version(first));

    Consumer<Job> second =
        job -> {
          KeyedStream<String, Word> words = words(job).keyBy(Word::word);
          Table<String, Long> counts = words.count().name("counts");
          Table<String, Long> sums = words.sum(Word::count).name("sums");
          counts.to(KafkaSink.upsert("others"));
          sums.to(KafkaSink.upsert("totals"));
          counts
              .join(sums)
              .inner((count, sum) -> count + sum)
              .name("both")
              .to(KafkaSink.upsert("lengths"));
        };
    assertThatThrownBy(() -> version(second).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("'both' is new and would miss the rows that table 'counts' has")
        .hasMessageContaining("'both' is new and would miss the rows that table 'sums' has");
  }

  /** The rows of the former table would stay in the groups for ever. */
  @Test
  void groupsDoNotGetAnotherTable() {
    send("a", "bb");
    runToTheEnd(version(job -> perTotal(newest(job, "totals"))));

    assertThatThrownBy(() -> version(job -> perTotal(newest(job, "anew")), "totals").start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("'per-total' has rows of another table than 'anew', which is new");
  }

  @Test
  void aStreamDoesNotBecomeATable() {
    cluster.createIfMissing("more", 1);
    TestTopic<String> more = new TestTopic<>(cluster, "more", new Format.Utf8<>());
    more.send(TestRecord.of("1").key("a"));
    runToTheEnd(
        version(job -> job.source(KafkaSource.strings("more")).to(KafkaSink.strings("plain"))));
    assertThatThrownBy(() -> version(GrowingJobsTest::writeRows).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("stage 'more' read {more=SOURCE} and now reads {more=TABLE}");
    Driver named =
        version(
            job -> {
              job.source(KafkaSource.strings("more")).to(KafkaSink.strings("plain"));
              job.table(KafkaTable.json("more", String.class, Long.class))
                  .name("rows")
                  .to(KafkaSink.upsert("others"));
            });
    named.start();
    named.run();
    assertThat(table("others")).isEqualTo(Map.of("a", 1L));
  }

  // ------------------------------------------------------------------ new state

  /** A function with one state or two. */
  static final class Sums extends KeyedProcessFunction<String, Word, String> {
    private final ValueState<Long> sum = state.value("sum", Long.class);
    private final boolean counts;
    private final ValueState<Long> records;

    Sums(boolean counts) {
      this.counts = counts;
      this.records = counts ? state.value("a-count", Long.class) : sum;
    }

    @Override
    public void onRecord(Word word, Context context) {
      sum.set(sum.valueOr(0L) + word.count());
      if (counts) {
        records.set(records.valueOr(0L) + 1);
        context.emit(word.word() + " " + sum.valueOr(0L) + " in " + records.valueOr(0L));
      } else {
        context.emit(word.word() + " " + sum.valueOr(0L));
      }
    }
  }

  private static Consumer<Job> sums(boolean counts) {
    return job ->
        words(job)
            .keyBy(Word::word)
            .process(() -> new Sums(counts))
            .name("sums")
            .to(KafkaSink.strings("others"));
  }

  private List<String> others() {
    return outputs.drain("others", TypeRef.of(String.class));
  }

  @Test
  void aStateComesAndGoesAndComesBackEmpty() {
    send("a");
    runToTheEnd(version(sums(false)));
    assertThat(others()).containsExactly("a 1");

    send("a");
    runToTheEnd(version(sums(true)));
    assertThat(others()).containsExactly("a 2 in 1");
    int id = idOf("sums.a-count");
    assertThat(id).as("after those that were there").isEqualTo(4);

    assertThatThrownBy(version(sums(false))::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("the state of 'sums.a-count' in stage 'sums'")
        .hasMessageContaining("--drop sums/sums.a-count");
    send("a");
    runToTheEnd(version(sums(true)));
    assertThat(others()).containsExactly("a 3 in 2");

    send("a");
    runToTheEnd(version(sums(false), "sums/sums.a-count"));
    assertThat(others()).containsExactly("a 4");

    send("a");
    Driver again = version(sums(true));
    again.loseDisk();
    runToTheEnd(again);
    assertThat(others()).containsExactly("a 5 in 1");
    assertThat(idOf("sums.a-count")).isGreaterThan(id);
  }

  private int idOf(String store) {
    return manifest().stages().get("sums").storeIds().of(store).orElseThrow();
  }

  @Test
  void aSecondStepJoinsAStageThatHasState() {
    Consumer<Job> two = job -> shared(job, false);
    Consumer<Job> three = job -> shared(job, true);
    send("a", "bb");
    runToTheEnd(version(two));
    send("a", "bb");
    runToTheEnd(version(three));
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(table("lengths")).isEqualTo(Map.of("a", 1L, "bb", 1L));
    assertThatThrownBy(version(two)::start).hasMessageContaining("--drop words-key-by/again");
    send("a");
    runToTheEnd(version(two, "words-key-by/again"));
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(table("lengths")).isEqualTo(Map.of("a", 1L, "bb", 1L));
  }

  private static void shared(Job job, boolean more) {
    var keyed = words(job).keyBy(Word::word);
    keyed.sum(Word::count).name("totals").to(KafkaSink.upsert("totals"));
    keyed.count().name("records").to(KafkaSink.upsert("plain"));
    if (more) {
      keyed.count().name("again").to(KafkaSink.upsert("lengths"));
    }
  }

  /** The stage has kept its positions in its offsets, and keeps them in a changelog from now on. */
  @Test
  void aSinkToFilesJoinsAStageWithoutState() throws Exception {
    Consumer<Job> first = job -> words(job).map(Word::word).to(KafkaSink.strings("others"));
    Consumer<Job> second =
        job -> {
          DataStream<String> words = words(job).map(Word::word);
          words.to(KafkaSink.strings("others"));
          words.to(FileSink.jsonLines(directory)).name("files");
        };
    send("a", "bb");
    runToTheEnd(version(first));
    Driver next = version(second);
    next.start();
    next.run();
    assertThat(Seen.watermark(next.instances(), "words"))
        .as("the time that the stage had when it kept it in its offsets")
        .contains(START);
    send("ccc", "a");
    next.run();
    next.stop(0);
    assertThat(others()).containsExactlyInAnyOrder("a", "bb", "ccc", "a");
    assertThat(files()).containsExactlyInAnyOrder("\"ccc\"", "\"a\"");

    assertThatThrownBy(version(first)::start).hasMessageContaining("--drop words/files");
    // The changelog stays: it has the positions.
    send("dd");
    runToTheEnd(version(first, "words/files"));
    assertThat(others()).containsExactly("dd");
    assertThat(ownTopics()).containsExactly("growing.words.changelog");
    send("e");
    runToTheEnd(version(second));
    assertThat(others()).containsExactly("e");
    assertThat(files()).contains("\"e\"").doesNotContain("\"dd\"");
  }

  private List<String> files() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.getFileName().toString().startsWith(".")) {
          lines.addAll(Files.readAllLines(file));
        }
      }
    }
    return lines;
  }

  // ------------------------------------------------------------------ what is gone

  @Test
  void aStageIsDroppedByNameAndBeginsAnewWhenItComesBack() throws Exception {
    send("a", "bb");
    runToTheEnd(version(WITH_A_BRANCH));
    assertThatThrownBy(version(FIRST)::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("stage 'lengths'")
        .hasMessageContaining("--drop lengths");
    assertThatThrownBy(version(FIRST, "lengths", "totals")::start)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot drop 'totals'");
    assertThat(ownTopics()).hasSize(4);

    send("a", "bb");
    runToTheEnd(version(FIRST, "lengths"));
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(ownTopics()).containsExactly("growing.totals.changelog", "growing.totals.shuffle");
    assertThat(manifest().dropped()).isEmpty();
    send("a", "bb");
    runToTheEnd(version(FIRST, "lengths"));

    send("a", "bb");
    Driver again = version(WITH_A_BRANCH);
    runToTheEnd(again);
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(table("lengths")).isEqualTo(Map.of("1", 1L, "2", 1L));
  }

  @Test
  void aJobIsNotChangedToWhatWouldReadItsStateWrongly() throws Exception {
    send("a", "bb");
    runToTheEnd(version(FIRST));
    List<String> before = ownTopics();
    Manifest deployed = manifest();
    assertThatThrownBy(
            version(
                    job -> {
                      DataStream<Word> words = words(job);
                      lengths(words);
                      words
                          .keyBy(word -> word.word().length())
                          .sum(Word::count)
                          .name("totals")
                          .to(KafkaSink.upsert("totals"));
                    })
                ::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(
            "step 'totals' of stage 'totals' was 'aggregate by java.lang.String'");
    assertThatThrownBy(
            version(
                    job -> {
                      DataStream<Word> words = words(job);
                      lengths(words);
                      words
                          .keyBy(Word::word)
                          .parallelism(7)
                          .sum(Word::count)
                          .name("totals")
                          .to(KafkaSink.upsert("totals"));
                    })
                ::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("stage 'totals' had 4 tasks and now has 7");
    assertThat(ownTopics()).isEqualTo(before);
    assertThat(manifest()).isEqualTo(deployed);
    send("a", "bb");
    runToTheEnd(version(FIRST));
    assertThat(table("totals")).isEqualTo(totals);
  }

  // ------------------------------------------------------------------ copies that run

  @Test
  void aVersionWithOtherStagesWaitsForTheCopiesOfTheFormerAndChangesNothingMeanwhile()
      throws Exception {
    Driver first = version(FIRST);
    first.start();
    send("a", "bb");
    first.run();
    Manifest deployed = manifest();
    assertThatThrownBy(version(WITH_A_BRANCH)::start)
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("has other stages or stores than the copies that run");
    assertThat(manifest()).isEqualTo(deployed);
    assertThat(ownTopics()).hasSize(2);
    send("a", "bb");
    first.run();
    assertThat(table("totals")).isEqualTo(totals);
    first.stop(0);
    runToTheEnd(version(WITH_A_BRANCH));
  }

  /** A stage without state: no schema says that the versions differ. */
  @Test
  void aCopyThatRunsStopsOnceTheJobHasOtherStages() {
    cluster.createIfMissing("more", 1);
    Driver first = version(FIRST);
    first.start();
    first.run();
    first.expel(0); // as two versions that start at the same moment, it is not seen by the other
    Driver second =
        version(
            job -> {
              totals(words(job));
              job.source(KafkaSource.strings("more")).to(KafkaSink.strings("others"));
            });
    second.start();
    clock.advance(Duration.ofSeconds(6));
    assertThatThrownBy(() -> first.instances().get(0).keepHouse())
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("which has other stages or stores");
    second.instances().get(0).keepHouse();
    Driver copy =
        version(
            job -> {
              totals(words(job));
              job.source(KafkaSource.strings("more")).to(KafkaSink.strings("others"));
            });
    copy.start();
    send("a", "bb");
    second.run();
    copy.run();
    second.run();
    assertThat(table("totals")).isEqualTo(totals);
  }

  // ------------------------------------------------------------------ bounded runs

  @Test
  void aBoundedRunIsFinishedByTheVersionThatBeganIt() {
    Map<String, String> untilEnd = Map.of("until.end", "true");
    send("a", "bb");
    Driver first = version(FIRST, untilEnd);
    first.start(); // It does not get to do anything.
    first.killAll();
    assertThatThrownBy(version(WITH_A_BRANCH, untilEnd)::start)
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("has not come to it (new stages [lengths]");
    runToTheEnd(version(FIRST, untilEnd));
    assertThat(table("totals")).isEqualTo(totals);

    Driver second = version(WITH_A_BRANCH, untilEnd);
    second.start();
    second.run();
    assertThat(second.isFinished()).as("without new input").isTrue();
    second.stop(0);
    send("a", "bb");
    Driver third = version(WITH_A_BRANCH, untilEnd);
    third.start();
    third.run();
    assertThat(third.isFinished()).isTrue();
    assertThat(table("totals")).isEqualTo(totals);
    assertThat(table("lengths")).isEqualTo(Map.of("1", 1L, "2", 1L));
  }
}
