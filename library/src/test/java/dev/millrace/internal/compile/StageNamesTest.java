package dev.millrace.internal.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.connector.Compression;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSource;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.window.Windows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that stay, of topics with names of all kinds, and what is written when there are none. */
final class StageNamesTest {

  private static PhysicalPlan compiled(Job job) {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private static List<String> stages(Job job) {
    return compiled(job).stages().stream().map(StagePlan::name).toList();
  }

  private static void count(Job job, KafkaSource<String> source) {
    job.source(source).keyBy(word -> word).count().changes().to(ConsoleSink.lines());
  }

  @ParameterizedTest
  @ValueSource(strings = {"_", "__", "...", "-", "._.", "_._", "a", "9", "A_b", ".a", "a-"})
  void everyTopicMakesNamesThatMayBeUsed(String topic) {
    Job job = Job.named("job");
    count(job, KafkaSource.strings(topic));
    assertThat(stages(job))
        .hasSize(2)
        .allMatch(name -> name.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?"));
  }

  @Test
  void topicsWithoutLettersGetAHashThatStays() {
    Job job = Job.named("job");
    count(job, KafkaSource.strings("_"));
    count(job, KafkaSource.strings("..."));
    assertThat(stages(job))
        .containsExactlyInAnyOrder(
            "topic-75e9f075", "topic-75e9f075-count", "topic-8b28d7fb", "topic-8b28d7fb-count");
  }

  @ParameterizedTest
  @CsvSource({"a.b, a-b", "Orders, orders", "a_, a"})
  void topicsThatWouldHaveOneNameAreBothNamed(String one, String other) {
    Job job = Job.named("job");
    count(job, KafkaSource.strings(one));
    DataStream<String> second = job.source(KafkaSource.strings(other));
    second.keyBy(word -> word).count().changes().to(ConsoleSink.lines());
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the source of topic '" + one + "'")
        .hasMessageContaining("the source of topic '" + other + "'")
        .hasMessageContaining(".name(\"" + stages(single(one)).get(0) + "-2\")");
    second.name("second");
    assertThat(stages(job)).contains("second", "second-count");
  }

  private static Job single(String topic) {
    Job job = Job.named("job");
    count(job, KafkaSource.strings(topic));
    return job;
  }

  @Test
  void aTopicThatIsReadTwiceIsNamed() {
    Job job = Job.named("job");
    count(job, KafkaSource.strings("orders"));
    count(job, KafkaSource.strings("orders"));
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the source of topic 'orders' and a second one of it")
        .hasMessageContaining("read the topic once and use the stream twice");
  }

  @Test
  void stepsThatWouldHaveOneNameAreBothNamed() {
    Job job = Job.named("job");
    DataStream<String> words = job.source(KafkaSource.strings("words"));
    words.keyBy(word -> word).count().changes().to(ConsoleSink.lines());
    words.keyBy(word -> word).count().changes().to(ConsoleSink.lines());
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("a step 'count' and another one would both be called 'words-count'")
        .hasMessageContaining(".name(\"words-count-2\")");
  }

  /** A number that they got by themselves would change with the program, and state with it. */
  @Test
  void joinsOfTheSameTablesAreNamed() {
    Job job = Job.named("job");
    Table<String, String> lefts = job.table(KafkaTable.strings("lefts", String.class));
    Table<String, String> rights = job.table(KafkaTable.strings("rights", String.class));
    lefts.join(rights).inner((left, right) -> left).changes().to(ConsoleSink.lines());
    Table<String, String> second = lefts.join(rights).outer((left, right) -> left + right);
    second.changes().to(ConsoleSink.lines());
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "Cannot name the stages of job 'job': a step 'join' and another one would both be"
                + " called 'lefts-rights-join', and what a stage keeps is found by its name. Give"
                + " the second one a name by adding .name(\"lefts-rights-join-2\") to it");
    second.name("lefts-rights-join-2");
    assertThat(stages(job)).contains("lefts-rights-join", "lefts-rights-join-2");
  }

  @Test
  void stagesAfterAKeyedStepAreNamedAfterIt() {
    Job job = Job.named("job");
    KeyedStream<String, String> words =
        job.source(KafkaSource.strings("words")).filter(word -> true).keyBy(word -> word);
    words.count().changes().rebalance().to(ConsoleSink.lines());
    words
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .sum(String::length)
        .rebalance()
        .to(ConsoleSink.lines());
    assertThat(stages(job)).contains("words-count-rebalance", "words-sum-rebalance");
  }

  private static List<String> steps(Job job) {
    return compiled(job).stages().stream()
        .flatMap(stage -> stage.steps().stream())
        .filter(step -> step.operator().keepsState())
        .map(Step::name)
        .toList();
  }

  /** Numbered by their places in the program, they would get each other's state if these change. */
  @Test
  void stepsWithStateInOneStageHaveNamesOfTheirOwn() {
    Job job = Job.named("job");
    KeyedStream<String, String> words =
        job.source(KafkaSource.strings("words")).keyBy(word -> word);
    words.sum(String::length).changes().to(ConsoleSink.lines());
    Table<String, Long> second = words.sum(word -> 1L);
    second.changes().to(ConsoleSink.lines());
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("Cannot name the steps of stage 'words-key-by' of job 'job': ")
        .hasMessageContaining("a step 'sum' and another one would both be called 'words-sum'")
        .hasMessageContaining("adding .name(\"words-sum-2\") to it");
    second.name("words-sum-2");
    assertThat(steps(job)).containsExactlyInAnyOrder("words-sum", "words-sum-2");
  }

  @Test
  void namesThatAreGivenTwiceInOneStageAreRefused() {
    Job job = Job.named("job");
    KeyedStream<String, String> words =
        job.source(KafkaSource.strings("words")).keyBy(word -> word);
    words.count().name("figures").changes().to(ConsoleSink.lines());
    words.sum(String::length).name("figures").changes().to(ConsoleSink.lines());
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("a step 'figures' and another one would both be called 'figures'");
  }

  private static Table<String, String> newest(Job job, String topic) {
    return job.source(KafkaSource.strings(topic)).keyBy(word -> word).latest();
  }

  private static Table<String, String> referring(
      Table<String, String> left, Table<String, String> right) {
    return left.onForeignKey(word -> word).join(right).inner((one, other) -> one + other);
  }

  @Test
  void theStepsOfAForeignKeyAreNamedAfterTheirResult() {
    Job job = Job.named("job");
    referring(newest(job, "a"), newest(job, "b")).changes().to(ConsoleSink.lines());
    assertThat(stages(job))
        .containsExactlyInAnyOrder("a", "b", "a-latest", "b-latest", "a-latest-b-latest-join");
    assertThat(steps(job)).contains("a-latest-b-latest-join-keys", "a-latest-b-latest-join-rows");
  }

  @Test
  void namesOfForeignKeysOneAfterTheOtherGrowByOneTableEach() {
    Job job = Job.named("job");
    Table<String, String> all = newest(job, "t0");
    for (int i = 1; i <= 6; i++) {
      all = referring(all, newest(job, "t" + i));
    }
    all.changes().to(ConsoleSink.lines());
    assertThat(steps(job))
        .anyMatch(name -> name.contains("t0") && name.contains("t6"))
        .allMatch(name -> name.indexOf("t0") == name.lastIndexOf("t0"));
  }

  @Test
  void aTableMayReferToSeveralOthers() {
    Job job = Job.named("job");
    Table<String, String> rows = newest(job, "a");
    referring(rows, newest(job, "b")).changes().to(ConsoleSink.lines());
    Table<String, String> others = newest(job, "c");
    referring(rows, others).changes().to(ConsoleSink.lines());
    assertThat(steps(job)).doesNotHaveDuplicates();
    Table<String, String> again = referring(rows, others);
    again.changes().to(ConsoleSink.lines());
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("a step 'join' and another one would both be called")
        .hasMessageContaining("adding .name(\"a-latest-c-latest-join-2\") to it");
    again.name("a-latest-c-latest-join-2");
    assertThat(steps(job)).doesNotHaveDuplicates();
  }

  @Test
  void eachOfSeveralTopicsHasAStage() {
    Job job = Job.named("job");
    count(job, KafkaSource.strings("a.b").and("c"));
    assertThat(stages(job)).containsExactlyInAnyOrder("a-b", "c", "a-b-c-count");
    Job named = Job.named("job");
    named
        .source(KafkaSource.strings("a.b").and("c"))
        .name("in")
        .keyBy(word -> word)
        .count()
        .changes()
        .to(ConsoleSink.lines());
    assertThat(stages(named)).containsExactlyInAnyOrder("in-a-b", "in-c", "in-count");
    Job clash = Job.named("job");
    count(clash, KafkaSource.strings("a.b").and("a-b"));
    assertThatThrownBy(() -> compiled(clash))
        .hasMessageContaining("the source of topic 'a.b' and the source of topic 'a-b'");
  }

  @Test
  void aFileWithoutLettersInItsNameHasOne() {
    Job job = Job.named("job");
    job.source(FileSource.lines(Path.of("/data/___"))).to(ConsoleSink.lines());
    assertThat(stages(job)).singleElement().asString().startsWith("file-");
  }

  @Test
  void whatOthersReadIsNotCompressedUnlessItIsSet() {
    Job job = Job.named("job");
    DataStream<String> words = job.source(KafkaSource.strings("words"));
    words.keyBy(word -> word).count().to(KafkaSink.upsert("counts"));
    List<StagePlan> stages = compiled(job).stages();
    assertThat(stages.get(0).compression()).isEmpty();
    assertThat(stages.get(1).compression()).isEqualTo(Optional.of("none"));
    words.to(KafkaSink.<String>strings("a").compression(Compression.ZSTD));
    words.to(KafkaSink.strings("b"));
    assertThat(compiled(job).stages().get(0).compression()).isEqualTo(Optional.of("zstd"));
    words.to(KafkaSink.<String>strings("c").compression(Compression.GZIP));
    assertThatThrownBy(() -> compiled(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("different compressions")
        .hasMessageContaining("zstd")
        .hasMessageContaining("gzip");
  }
}
