package dev.millrace.internal.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSource;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.RetractableFolds;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What the rows of running aggregates are made of. */
final class AggregateRowsTest {

  @Test
  void rowsKeepTimesWhereTheseMeanSomething() {
    FileSource<String> lines = FileSource.lines(Path.of("lines"));
    KafkaSource<String> topic = KafkaSource.strings("in");
    assertThat(times(job -> job.source(lines))).isEqualTo(RowTimes.NOT_KEPT);
    assertThat(times(job -> job.source(lines.eventTime(Instant::parse)))).isEqualTo(RowTimes.KEPT);
    assertThat(times(job -> job.source(topic))).isEqualTo(RowTimes.KEPT);
    assertThat(times(job -> job.source(topic).union(job.source(lines))))
        .isEqualTo(RowTimes.NOT_KEPT);
  }

  @Test
  void rowsCountRecordsWhereTheseCanBeTakenBack() {
    Fold sum = new Fold(new RetractableFolds.LongSum(), Long.class, Long.class, true);
    StageAggregate aggregate = new StageAggregate(sum, String.class, true, RowTimes.KEPT);
    assertThat(aggregate.takesRetractions()).isTrue();
    assertThat(aggregate.stores())
        .singleElement()
        .satisfies(
            rows -> assertThat(rows.valueType().getTypeName()).contains("CountedRow", "Long"));
  }

  private static RowTimes times(Function<Job, DataStream<String>> stream) {
    Job job = Job.named("job");
    stream.apply(job).keyBy(word -> word).count().changes().to(ConsoleSink.lines());
    List<StoreSpec> stores =
        Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail()).stages().stream()
            .flatMap(stage -> stage.steps().stream())
            .flatMap(step -> step.operator().stores().stream())
            .toList();
    assertThat(stores).hasSize(1);
    return stores.get(0).times();
  }
}
