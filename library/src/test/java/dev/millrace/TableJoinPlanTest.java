package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.StageTableJoin;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What joins of tables are compiled to, and what is refused when the job is built. */
final class TableJoinPlanTest {

  private final Job job = Job.named("job");

  private KeyedStream<String, String> words(String topic) {
    return job.source(KafkaSource.strings(topic)).keyBy(word -> word);
  }

  private Table<String, Long> counts(String topic) {
    return words(topic).count().name(topic + "-counts");
  }

  private PhysicalPlan plan(Table<?, ?> joined) {
    joined.name("joined").to(KafkaSink.upsert("out"));
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private static List<String> writes(PhysicalPlan plan) {
    return plan.stages().stream()
        .flatMap(stage -> stage.outputs().stream())
        .map(edge -> edge.topic())
        .toList();
  }

  @Test
  void oneTableIsShuffledToWhereTheOtherIs() {
    PhysicalPlan plan = plan(counts("a").join(counts("b")).left((a, b) -> a + "/" + b));
    assertThat(PlanPrinter.text(plan))
        .isEqualTo(
            """
            job job

            stage a  (group job.a)
              reads   topic a, without watermarks: windows go by processing time
              writes  shuffle job.a-counts.shuffle by java.lang.String, partial aggregates

            stage b  (group job.b)
              reads   topic b, without watermarks: windows go by processing time
              writes  shuffle job.b-counts.shuffle by java.lang.String, partial aggregates

            stage b-counts  (group job.b-counts)
              reads   shuffle job.b-counts.shuffle
              step    b-counts: aggregate
              writes  shuffle job.a-counts.joined-table-2.shuffle by java.lang.String
              keeps   job.b-counts.changelog

            stage a-counts  (group job.a-counts)
              reads   shuffle job.a-counts.joined-table-2.shuffle
              reads   shuffle job.a-counts.shuffle
              step    a-counts: aggregate
              step    joined: joinTables (1, 2 if there), without a shuffle: its keys are in place
              step    joined-changes: changes (no old rows)
              step    kafka-out: topic out
              keeps   job.a-counts.changelog
            """);
  }

  @Test
  void tablesOfOneKeyByMeetWithoutAShuffle() {
    KeyedStream<String, String> words = words("a");
    Table<String, Long> counts = words.count();
    Table<String, String> newest = words.reduce((left, right) -> right);
    PhysicalPlan plan = plan(counts.join(newest).join(counts).inner((a, b, c) -> a + b + c));
    assertThat(writes(plan)).hasSize(1);
    StagePlan stage = plan.stages().get(1);
    assertThat(stage.steps().stream().filter(s -> s.operator() instanceof StageTableJoin))
        .hasSize(1);
  }

  /** The rows of a topic lie by its own partitioning. */
  @Test
  void tablesOfTopicsAreShuffled() {
    Table<String, String> a = job.table(KafkaTable.strings("a", String.class));
    Table<String, String> b = job.table(KafkaTable.strings("b", String.class));
    PhysicalPlan plan = plan(a.join(b).parallelism(3).inner((x, y) -> x + y));
    assertThat(writes(plan))
        .containsExactly("job.joined.table-1.shuffle", "job.joined.table-2.shuffle");
    assertThat(plan.stage("joined").parallelism()).hasValue(3);
  }

  /** Two stages that read one another would be a cycle. */
  @Test
  void aTableIsJoinedWithOneThatIsMadeOfItElsewhere() {
    Table<String, Long> counts = counts("a");
    Table<String, Long> grouped =
        counts.groupBy((word, count) -> word.substring(0, 1)).count().name("grouped");
    PhysicalPlan plan = plan(counts.join(grouped).left((a, b) -> a + "/" + b));
    assertThat(writes(plan))
        .containsExactly(
            "job.a-counts.shuffle", "job.grouped.shuffle", "job.grouped.joined-table-1.shuffle");
  }

  /** The join has the old rows, so that nobody has to read them before. */
  @Test
  void whatIsJoinedIsNotReadTwice() {
    PhysicalPlan plan = plan(counts("a").join(counts("b")).left((a, b) -> a + "/" + b));
    assertThat(
            plan.stages().stream()
                .flatMap(stage -> stage.steps().stream())
                .map(step -> step.operator())
                .filter(StageAggregate.class::isInstance)
                .map(aggregate -> ((StageAggregate) aggregate).needsBefore()))
        .containsExactly(false, false);
  }

  @Test
  void whatCannotBeJoinedIsRefused() {
    Job other = Job.named("other");
    Table<String, Long> elsewhere =
        other.source(KafkaSource.strings("a")).keyBy(word -> word).count();
    assertThatThrownBy(() -> counts("a").join(elsewhere))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "Cannot join tables: they belong to different jobs (job, other). Build all of them"
                + " from one Job");
    Table<?, Long> lengths =
        job.source(KafkaSource.strings("c")).keyBy(word -> word.length()).count();
    @SuppressWarnings("unchecked") // as a program without type arguments might
    Table<String, Long> mistyped = (Table<String, Long>) lengths;
    assertThatThrownBy(() -> counts("b").join(mistyped))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("keys of different types (java.lang.String, java.lang.Integer)");
    assertThatThrownBy(() -> counts("d").join(counts("e")).inner((a, b) -> List.of(a, b)))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("inner(TheType.class, ...)");
  }

  /** Results that were emitted are made once more of the rows, by the same kind of join. */
  @Test
  void theManifestDistinguishesTheKindsOfJoins() {
    Table<String, Long> counts = counts("a");
    Table<String, Long> others = counts("b");
    counts.join(others).inner((a, b) -> a + b).name("i").to(KafkaSink.upsert("x"));
    counts.join(others).right((a, b) -> b).name("r").to(KafkaSink.upsert("y"));
    assertThat(
            Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail()).stages().stream()
                .flatMap(stage -> stage.steps().stream())
                .map(step -> step.operator())
                .filter(StageTableJoin.class::isInstance)
                .map(StageOperator::describeState))
        .containsExactlyInAnyOrder(
            "joinTables (1, 2) by java.lang.String",
            "joinTables (1 if there, 2) by java.lang.String");
  }
}
