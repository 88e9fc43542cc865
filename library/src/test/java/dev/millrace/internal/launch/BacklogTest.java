package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds a source back where streams wait for tables. */
final class BacklogTest {

  private static final String STREAM = "job.joined.stream.shuffle";
  private static final String TABLE = "job.joined.table.shuffle";

  private final Job job = Job.named("job");
  private final DataStream<String> stream = job.source(KafkaSource.strings("stream"));

  private void joined(Table<String, ?> table) {
    stream
        .join(table)
        .on(value -> value)
        .left((value, row) -> value)
        .name("joined")
        .rebalance()
        .name("last")
        .to(KafkaSink.strings("out"));
  }

  private long backlog(String source, boolean untilEnd, Map<String, Long> unread) {
    return largest(source, untilEnd, unread).frames();
  }

  private Backlog.Unread largest(String source, boolean untilEnd, Map<String, Long> unread) {
    PhysicalPlan plan = Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
    return new Backlog(plan, untilEnd).of(plan.stage(source), unread);
  }

  /** A look-up of a stream's values in a table, as a step of this name. */
  private static void lookUp(DataStream<String> stream, Table<String, ?> table, String name) {
    stream
        .join(table)
        .on(value -> value)
        .left((value, row) -> value)
        .name(name)
        .to(KafkaSink.strings("out"));
  }

  private DataStream<String> source(String topic) {
    return job.source(KafkaSource.strings(topic));
  }

  private static Table<String, Long> counts(DataStream<String> stream, String name) {
    return stream.keyBy(value -> value).count().name(name);
  }

  @Test
  void theStageIsNamedThatHasLeastReadOfIt() {
    joined(job.table(KafkaTable.strings("rows", String.class)));
    assertThat(largest("stream", false, Map.of(STREAM, 4L, "job.last.shuffle", 5L)))
        .isEqualTo(new Backlog.Unread("last", "job.last.shuffle", 5));
    assertThat(largest("stream", false, Map.of())).isEqualTo(Backlog.Unread.NONE);
  }

  @Test
  void aStreamThatWaitsHoldsItsOwnSourceBackOnly() {
    joined(job.table(KafkaTable.strings("rows", String.class)));
    for (boolean untilEnd : new boolean[] {false, true}) {
      assertThat(backlog("stream", untilEnd, Map.of(STREAM, 9L, TABLE, 2L))).isEqualTo(9);
      assertThat(backlog("rows", untilEnd, Map.of(STREAM, 9L, TABLE, 2L))).isEqualTo(2);
    }
  }

  @Test
  void whatComesAfterTheJoinHoldsTheStreamBackOnly() {
    joined(job.table(KafkaTable.strings("rows", String.class)));
    Map<String, Long> unread = Map.of("job.last.shuffle", 5L);
    assertThat(backlog("stream", false, unread)).isEqualTo(5);
    assertThat(backlog("rows", false, unread)).isZero();
  }

  /** Where the end of a table is waited for, what leads to it must be read. */
  @Test
  void withAnEndASourceOfTheTableGoesOnAlsoIfItFeedsTheStream() {
    joined(stream.keyBy(value -> value).count().name("counts"));
    Map<String, Long> unread = Map.of(STREAM, 9L, TABLE, 2L, "job.counts.shuffle", 3L);
    assertThat(backlog("stream", false, unread)).isEqualTo(9);
    assertThat(backlog("stream", true, unread)).isEqualTo(3);
  }

  /**
   * A stage is not begun before the tables of the job that it needs whole have come to their ends.
   */
  @Test
  void withAnEndASourceOfABroadcastTableGoesOnAlsoIfItFeedsTheStream() {
    stream
        .rebalance()
        .name("spread")
        .join(stream.keyBy(value -> value).count().name("counts").broadcast())
        .on(value -> value)
        .left((value, count) -> value)
        .to(KafkaSink.strings("out"));
    Map<String, Long> unread = Map.of("job.spread.shuffle", 9L, "job.counts.shuffle", 3L);
    assertThat(backlog("stream", false, unread)).isEqualTo(9);
    assertThat(backlog("stream", true, unread)).isEqualTo(3);
  }

  @Test
  void withAnEndAStreamIsHeldBackThatNoTableIsMadeOf() {
    stream
        .rebalance()
        .name("spread")
        .join(
            job.source(KafkaSource.strings("words"))
                .keyBy(word -> word)
                .count()
                .name("counts")
                .broadcast())
        .on(value -> value)
        .left((value, count) -> value)
        .to(KafkaSink.strings("out"));
    Map<String, Long> unread = Map.of("job.spread.shuffle", 9L, "job.counts.shuffle", 3L);
    assertThat(backlog("stream", true, unread)).isEqualTo(9);
    assertThat(backlog("words", true, unread)).isEqualTo(3);
  }

  /** What waits for the ends of other tables waits for no more of this one's source. */
  @Test
  void withAnEndASourceOfATableIsHeldBackByAStreamThatWaitsForAnother() {
    DataStream<String> words = source("words");
    lookUp(stream, counts(words, "counts"), "first");
    lookUp(words, counts(source("others"), "others-count"), "second");
    Map<String, Long> unread = Map.of("job.second.stream.shuffle", 9L, "job.counts.shuffle", 3L);
    assertThat(backlog("words", true, unread)).isEqualTo(9);
    assertThat(backlog("words", false, unread)).isEqualTo(9);
  }

  /** It waits for a table whose source is held back until what it sends itself has come. */
  @Test
  void withAnEndItIsNotIfThatOneWaitsForItInTurn() {
    DataStream<String> words = source("words");
    DataStream<String> others = source("others");
    lookUp(others, counts(words, "counts"), "first");
    lookUp(words, counts(others, "others-count"), "second");
    Map<String, Long> unread =
        Map.of("job.first.stream.shuffle", 8L, "job.second.stream.shuffle", 9L);
    assertThat(backlog("words", true, unread)).isZero();
    assertThat(backlog("others", true, unread)).isZero();
  }
}
