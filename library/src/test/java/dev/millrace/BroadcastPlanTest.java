package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.time.Watermarks;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which stages and topics tables on every instance make, and what is refused. */
final class BroadcastPlanTest {

  record Payload(Object anything) {}

  private final Job job = Job.named("job");

  private DataStream<String> in() {
    return job.source(KafkaSource.strings("in"));
  }

  private Table<String, String> rows() {
    return job.table(KafkaTable.strings("rows", String.class));
  }

  private DataStream<String> joined(DataStream<String> stream, Table<String, ?> table) {
    return stream
        .join(table.broadcast())
        .on(value -> value)
        .left((value, row) -> value + row)
        .name("joined");
  }

  private PhysicalPlan plan() {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  @Test
  void aJoinIsMadeWhereTheStreamIs() {
    joined(in(), rows()).to(KafkaSink.strings("out"));
    PhysicalPlan plan = plan();
    assertThat(plan.stages()).extracting(StagePlan::name).containsExactly("in");
    assertThat(plan.userTopics()).containsExactly("in", "out", "rows");
    assertThat(plan.broadcasts()).extracting(Broadcast::topic).containsExactly("rows");
    assertThat(PlanPrinter.text(plan))
        .contains("step    joined: broadcast-lookup left of rows")
        .contains("has     table rows whole on every instance, from rows");
    assertThat(PlanPrinter.mermaid(plan)).contains("t1[(\"rows\")] -.->|rows| s0");
    assertThat(PlanPrinter.json(plan)).contains("\"tables\" : [ \"rows\" ]");
  }

  @Test
  void aTableThatOthersReadAsWellHasAStageForThem() {
    Table<String, String> rows = rows();
    joined(in(), rows).to(KafkaSink.strings("out"));
    rows.to(KafkaSink.upsert("copy"));
    PhysicalPlan plan = plan();
    assertThat(plan.stages()).extracting(StagePlan::name).containsExactly("rows", "in");
    assertThat(plan.broadcasts()).extracting(Broadcast::topic).containsExactly("rows");
    assertThat(plan.stages()).allSatisfy(stage -> assertThat(stage.broadcasts()).isEmpty());
  }

  /** The versions of its rows are taken from what it is made of, its rows from the table. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTableIsMadeThatIsBroadcastAndElseLookedUpAsOfEventTimeOnly(boolean isOfTopic) {
    Watermarks<Object> times = Watermarks.monotonous();
    Table<String, String> table =
        isOfTopic
            ? job.table(KafkaTable.strings("rows", String.class).watermarks(times))
                .onError(ErrorPolicy.deadLetter())
            : job.source(KafkaSource.strings("rows").watermarks(times)).toTable(row -> row);
    DataStream<String> in = job.source(KafkaSource.strings("in").watermarks(times));
    joined(in, table).to(KafkaSink.strings("out"));
    in.join(table)
        .on(value -> value)
        .asOfEventTime()
        .left((value, row) -> value + row)
        .to(KafkaSink.strings("versions"));
    PhysicalPlan plan = plan();
    assertThat(plan.broadcasts()).hasSize(1);
    assertThat(plan.writerOf(plan.broadcasts().get(0)).keepsChangelog()).isTrue();
  }

  @Test
  void twoJoinsWithOneTableReadItOnce() {
    Table<String, String> upper = rows().mapValues(row -> row.toUpperCase());
    DataStream<String> in = in();
    joined(joined(in, upper), upper).to(KafkaSink.strings("out"));
    PhysicalPlan plan = plan();
    assertThat(plan.broadcasts())
        .extracting(Broadcast::topic)
        .containsExactly("job.rows-map-values.broadcast");
    assertThat(plan.writerOf(plan.broadcasts().get(0)).name()).isEqualTo("rows");
    assertThat(plan.writerOf(plan.broadcasts().get(0)).broadcasts()).hasSize(1);
    assertThat(PlanPrinter.mermaid(plan)).contains("-.->|rows-map-values|");
    assertThat(PlanPrinter.text(plan)).contains("broadcast to job.rows-map-values.broadcast");
  }

  @Test
  void oldRowsAreNotReadForInstances() {
    joined(in(), job.source(KafkaSource.strings("words")).keyBy(word -> word).count())
        .to(KafkaSink.strings("out"));
    assertThat(plan().stage("words-count").steps())
        .filteredOn(step -> !step.operator().stores().isEmpty())
        .singleElement()
        .asString()
        .contains("needsBefore=false");
  }

  @Test
  void theTopicOfATableWithDeadLettersIsReadByAStage() {
    joined(in(), rows().onError(ErrorPolicy.deadLetter())).to(KafkaSink.strings("out"));
    PhysicalPlan plan = plan();
    assertThat(plan.stages()).extracting(StagePlan::name).containsExactly("in", "rows");
    assertThat(plan.broadcasts())
        .extracting(Broadcast::topic)
        .containsExactly("job.rows.broadcast");
  }

  @Test
  void twoTablesOfOneNameAreRefused() {
    DataStream<String> in = in();
    joined(in, rows()).to(KafkaSink.strings("out"));
    joined(in, rows().filter((key, row) -> true).name("rows")).to(KafkaSink.strings("out"));
    assertThatThrownBy(this::plan)
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "Cannot name the broadcast tables of job 'job': two of them would both be called"
                + " 'rows'. Give one of the tables another name with .name(...)");
  }

  @Test
  void tablesOfOtherJobsAreRefused() {
    Table<String, String> others =
        Job.named("other").table(KafkaTable.strings("rows", String.class));
    assertThatThrownBy(() -> in().join(others.broadcast()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("both sides belong to different jobs");
  }

  @Test
  void rowsThatCannotBeKeptAreRefused() {
    joined(in(), job.table(KafkaTable.json("rows", String.class, Payload.class)))
        .to(KafkaSink.strings("out"));
    assertThatThrownBy(() -> Launcher.plan(PlanAccess.of(job), JobConfig.defaults()))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageStartingWith("Cannot start job 'job', broadcast table 'rows': ");
  }

  @Test
  void aResultOfWhichTheTypeIsNotShownCanBeStated() {
    DataStream<Object> stated =
        in().join(rows().broadcast()).on(value -> value).inner(Object.class, (value, row) -> row);
    stated.map(Object::toString).to(KafkaSink.strings("out"));
    assertThat(plan().stages()).hasSize(1);
  }

  @Test
  void aTypeThatTheFunctionDoesNotShowIsAskedForByTheKindOfTheJoin() {
    DataStream<List<String>> joined =
        in().join(rows().broadcast()).on(value -> value).left((value, row) -> List.of(value));
    assertThatThrownBy(joined::rebalance)
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("left(TheType.class, ...)");
  }
}
