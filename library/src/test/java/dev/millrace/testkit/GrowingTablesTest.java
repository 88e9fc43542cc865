package dev.millrace.testkit;

import static dev.millrace.testkit.GrowingJob.FIRST;
import static dev.millrace.testkit.GrowingJob.totals;
import static dev.millrace.testkit.GrowingJob.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.spec.Format;
import dev.millrace.testkit.GrowingJob.Word;
import dev.millrace.time.Watermarks;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Tables that a new version of a job brings, and what may begin to read those it has. */
final class GrowingTablesTest {

  private final GrowingJob growing = new GrowingJob();

  @Test
  void aNewTableIsReadFromItsBeginning() {
    growing.cluster.createIfMissing("more", 3);
    TestTopic<String> more = new TestTopic<>(growing.cluster, "more", new Format.Utf8<>());
    more.send(TestRecord.of("1").key("a")).send(TestRecord.of("1").key("b"));
    growing.runToTheEnd(growing.version(FIRST));

    Driver second =
        growing.version(
            job -> {
              totals(words(job));
              writeRows(job);
            });
    second.start();
    second.run();
    more.send(TestRecord.of("2").key("a"));
    second.run();
    assertThat(growing.table("others")).isEqualTo(Map.of("a", 2L, "b", 1L));
    assertThat(growing.table("totals")).isEqualTo(growing.totals);
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
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(job -> newest(job, "totals")));

    assertThatThrownBy(() -> growing.version(job -> perTotal(newest(job, "totals"))).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(
            "'per-total' is new and would miss the rows that table 'totals' has already");

    growing.runToTheEnd(growing.version(job -> perTotal(newest(job, "anew")), "totals"));
    growing.send("a", "bb", "ccc");
    growing.runToTheEnd(growing.version(job -> perTotal(newest(job, "anew"))));
    assertThat(growing.table("others")).isEqualTo(Map.of("1", 3L));
  }

  @Test
  void aLookUpDoesNotBeginAmidTheRowsOfItsTable() {
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(job -> newest(job, "totals")));

    Consumer<Job> second =
        job ->
            job.source(KafkaSource.strings("plain"))
                .join(newest(job, "totals"))
                .on(word -> word)
                .inner((word, total) -> word + total)
                .name("looked-up")
                .to(KafkaSink.strings("others"));
    assertThatThrownBy(() -> growing.version(second).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("'looked-up' is new and would miss the rows");
  }

  /** Versions of a topic's rows are read from its beginning, or not at all. */
  @Test
  void aLookUpByEventTimeDoesNotBeginAmidTheTopicOfItsTable() {
    growing.cluster.createIfMissing("more", 1);
    Consumer<Job> table = job -> timed(job).to(KafkaSink.upsert("totals"));
    Consumer<Job> both =
        job -> {
          Table<String, Long> timed = timed(job);
          timed.to(KafkaSink.upsert("totals"));
          lookUp(job, timed);
        };
    Driver first = growing.version(table);
    first.start();
    first.run();
    first.stop(0);
    assertThatThrownBy(() -> growing.version(both).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(
            "'looked-up' is new and would miss what was read of topic 'more' already");
  }

  @Test
  void aTableThatIsOnlyLookedUpByEventTimeDoesNotBeginAmidItsTopic() {
    growing.cluster.createIfMissing("more", 1);
    Driver first = growing.version(job -> lookUp(job, timed(job)));
    first.start();
    first.run();
    first.stop(0);
    Consumer<Job> second =
        job -> {
          Table<String, Long> timed = timed(job);
          timed.to(KafkaSink.upsert("totals"));
          lookUp(job, timed);
        };
    assertThatThrownBy(() -> growing.version(second).start())
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
    growing.send("a", "bb");
    Consumer<Job> first =
        job -> {
          KeyedStream<String, Word> words = words(job).keyBy(Word::word);
          words.count().name("counts").to(KafkaSink.upsert("others"));
          words.sum(Word::count).name("sums").to(KafkaSink.upsert("totals"));
        };
    growing.runToTheEnd(growing.version(first));

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
    assertThatThrownBy(() -> growing.version(second).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("'both' is new and would miss the rows that table 'counts' has")
        .hasMessageContaining("'both' is new and would miss the rows that table 'sums' has");
  }

  /** The rows of the former table would stay in the groups for ever. */
  @Test
  void groupsDoNotGetAnotherTable() {
    growing.send("a", "bb");
    growing.runToTheEnd(growing.version(job -> perTotal(newest(job, "totals"))));

    assertThatThrownBy(
            () -> growing.version(job -> perTotal(newest(job, "anew")), "totals").start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("'per-total' has rows of another table than 'anew', which is new");
  }

  @Test
  void aStreamDoesNotBecomeATable() {
    growing.cluster.createIfMissing("more", 1);
    TestTopic<String> more = new TestTopic<>(growing.cluster, "more", new Format.Utf8<>());
    more.send(TestRecord.of("1").key("a"));
    growing.runToTheEnd(
        growing.version(
            job -> job.source(KafkaSource.strings("more")).to(KafkaSink.strings("plain"))));
    assertThatThrownBy(() -> growing.version(GrowingTablesTest::writeRows).start())
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("stage 'more' read {more=SOURCE} and now reads {more=TABLE}");
    Driver named =
        growing.version(
            job -> {
              job.source(KafkaSource.strings("more")).to(KafkaSink.strings("plain"));
              job.table(KafkaTable.json("more", String.class, Long.class))
                  .name("rows")
                  .to(KafkaSink.upsert("others"));
            });
    named.start();
    named.run();
    assertThat(growing.table("others")).isEqualTo(Map.of("a", 1L));
  }
}
