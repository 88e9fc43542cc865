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
    PhysicalPlan plan = Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
    return new Backlog(plan, untilEnd).of(plan.stage(source), unread);
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
}
