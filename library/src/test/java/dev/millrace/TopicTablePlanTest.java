package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.table.Change;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the rows of a topic's table are, and what follows from that. */
final class TopicTablePlanTest {

  private final Job job = Job.named("job");

  private Table<String, String> table(String topic) {
    return job.table(KafkaTable.strings(topic, String.class));
  }

  private PhysicalPlan compiled() {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private List<String> names() {
    return compiled().stages().stream().map(StagePlan::name).toList();
  }

  @Test
  void rowsAreWhereTheTopicHasThem() {
    table("profiles").to(KafkaSink.upsert("out"));
    assertThat(PlanPrinter.text(compiled()))
        .isEqualTo(
            """
            job job

            stage profiles  (group job.profiles)
              reads   topic profiles as a table, without watermarks: windows go by processing time
              step    profiles: newest row of each key
              step    profiles-changes: changes (no old rows)
              step    kafka-out: topic out
              keeps   job.profiles.changelog
            """);
  }

  /** A function that has rows by the keys of the table. */
  private static final class Echo
      extends KeyedProcessFunction<String, Change<String, String>, String> {
    @Override
    public void onRecord(Change<String, String> change, Context context) {
      context.emit(change.key());
    }
  }

  /** Another program chose the partitions of the keys, by its own arithmetic. */
  @Test
  void whatHasRowsByTheSameKeyIsBehindAShuffle() {
    table("profiles")
        .changes()
        .<String>byKeptKey(KeptKey.OF_CHANGE, String.class)
        .process(Echo::new)
        .name("echo")
        .to(KafkaSink.strings("out"));
    assertThat(names()).containsExactly("profiles", "echo");
    assertThat(compiled().stage("echo").localKeys()).isEmpty();
  }

  @Test
  void aTableIsNamedLikeItsTopicAndReadByAStageOfItsOwn() {
    table("profiles").to(KafkaSink.upsert("out"));
    table("profiles").name("again").to(KafkaSink.upsert("out-2"));
    assertThat(names()).containsExactly("profiles", "again");
  }
}
