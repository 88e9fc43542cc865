package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.Step;
import dev.millrace.table.Change;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The plans of steps on tables, and what is refused when a job is built. */
final class TablePlanTest {

  /** Keeps too little to take a record back. */
  private static final class Largest implements Aggregation<Long, Long, Long> {

    private static final long serialVersionUID = 1L;

    @Override
    public Long create() {
      return Long.MIN_VALUE;
    }

    @Override
    public Long add(Long accumulator, Long value) {
      return Math.max(accumulator, value);
    }

    @Override
    public Long merge(Long left, Long right) {
      return Math.max(left, right);
    }

    @Override
    public Long finish(Long accumulator) {
      return accumulator;
    }
  }

  private static Table<String, Long> counts(Job job) {
    return job.source(KafkaSource.strings("in")).keyBy(word -> word).count();
  }

  private static PhysicalPlan plan(Consumer<Table<String, Long>> rest) {
    Job job = Job.named("job");
    rest.accept(counts(job));
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private static boolean readsBefore(Consumer<Table<String, Long>> rest) {
    return plan(rest).stages().stream()
        .flatMap(stage -> stage.steps().stream())
        .map(Step::operator)
        .flatMap(
            operator ->
                operator instanceof StageAggregate aggregate
                    ? Optional.of(aggregate).stream()
                    : Optional.<StageAggregate>empty().stream())
        .findFirst()
        .orElseThrow()
        .needsBefore();
  }

  /** Reading it costs as much as the rest of a change. */
  @Test
  void theOldRowIsReadOnlyWhereSomethingAfterwardsNeedsIt() {
    assertThat(readsBefore(table -> table.to(KafkaSink.upsert("out")))).isFalse();
    assertThat(readsBefore(table -> table.changes().to(KafkaSink.upsert("out")))).isFalse();
    assertThat(
            readsBefore(
                table -> {
                  table.to(KafkaSink.upsert("out"));
                  table.changes().to(KafkaSink.upsert("out-2"));
                }))
        .isFalse();
    assertThat(
            readsBefore(
                table -> {
                  table.to(KafkaSink.upsert("out"));
                  table.changes().map(Change::key).to(KafkaSink.strings("keys"));
                }))
        .isTrue();
    assertThat(readsBefore(table -> table.changes().rebalance().to(KafkaSink.upsert("out"))))
        .isTrue();
    assertThat(
            readsBefore(
                table -> table.groupBy((word, count) -> count).count().to(KafkaSink.upsert("out"))))
        .isTrue();
    // A row that no longer passes is deleted only if it passed before, and equal results of a map
    // are not emitted again.
    assertThat(
            readsBefore(
                table -> table.filter((word, count) -> count > 1).to(KafkaSink.upsert("out"))))
        .isTrue();
    assertThat(
            readsBefore(table -> table.mapValues(count -> count / 10).to(KafkaSink.upsert("out"))))
        .isTrue();
  }

  @Test
  void thePlanShowsTheStepsOnTables() {
    String text =
        PlanPrinter.text(
            plan(
                table ->
                    table
                        .filter((word, count) -> count > 1)
                        .mapValues(count -> count / 2)
                        .groupBy((word, count) -> count)
                        .count()
                        .to(KafkaSink.upsert("out"))));
    assertThat(text.lines().map(String::strip).toList())
        .containsSubsequence(
            "reads   shuffle job.in-count.shuffle",
            "step    in-count: aggregate",
            "step    in-count-filter: filterRows",
            "step    in-count-map-values: mapRows",
            "step    in-count-regroup: regroup",
            "writes  shuffle job.in-count-count.shuffle by java.lang.Long, partial aggregates",
            "step    in-count-count: aggregate",
            "step    in-count-count-changes: changes (no old rows)",
            "step    kafka-out: topic out");
  }

  @Test
  void whatGoesToTheGroupsIsTheRowWithoutItsKey() {
    assertThat(
            plan(table -> table.groupBy((word, count) -> count).count().to(KafkaSink.upsert("out")))
                .stages())
        .flatExtracting(stage -> stage.outputs())
        .extracting(edge -> edge.valueType().getTypeName())
        .containsExactly("java.lang.String", "java.lang.Long");
  }

  @Test
  void anAggregateThatCannotTakeRecordsBackIsRefusedForGroups() {
    GroupedTable<Long, Long> groups = counts(Job.named("job")).groupBy((word, count) -> count);
    assertThatThrownBy(() -> groups.aggregate(new Largest()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("TablePlanTest$Largest cannot take records back")
        .hasMessageContaining("Implement RetractableAggregation");
  }

  @Test
  void typesThatLambdasDoNotShowAreAskedFor() {
    Table<String, Long> table = counts(Job.named("job"));
    assertThatThrownBy(() -> table.map((word, count) -> List.of(word)))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("that map makes of table 'count'")
        .hasMessageContaining("Write map(TheType.class, ...), or map(new TypeRef<");
    assertThatThrownBy(() -> table.mapValues(count -> List.of(count)))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("Write mapValues(TheType.class, ...)");
    assertThatThrownBy(() -> table.groupBy((word, count) -> List.of(count)))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("groups of table 'count'")
        .hasMessageContaining("Write groupBy(TheGroup.class, ...)");
  }

  @Test
  void whatDoesNotFitAStepOnATableIsRefused() {
    Table<String, Long> filtered = counts(Job.named("job")).filter((word, count) -> count > 1);
    assertThatThrownBy(filtered::sequential)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'filter' on a table does not aggregate");
    assertThatThrownBy(() -> filtered.changes().parallelism(3))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot set the parallelism of 'changes' on a table");
    assertThatThrownBy(() -> filtered.changes().onError(ErrorPolicy.skip()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Call onError(...) on the table, before changes()");
  }
}
