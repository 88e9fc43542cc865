package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Target;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What operators of several inputs are compiled to: stages, topics, and who reads which. */
final class SeveralInputsPlanTest {

  private final Job job = Job.named("job");

  private DataStream<String> source(String topic) {
    return job.source(KafkaSource.strings(topic));
  }

  private static void lines(DataStream<String> stream) {
    stream.to(KafkaSink.strings("out"));
  }

  private PhysicalPlan compiled() {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private static List<String> topics(StagePlan stage) {
    return stage.inputs().stream().map(StageInput::topic).toList();
  }

  private static List<List<Target>> heads(StagePlan stage) {
    return stage.inputs().stream().map(StageInput::heads).toList();
  }

  private static Target step(StagePlan stage, String name, int input) {
    List<String> names = stage.steps().stream().map(step -> step.name()).toList();
    return new Target.ToStep(names.indexOf(name), input);
  }

  @Test
  void eachInputHasATopicOfItsOwn() {
    lines(TwoInputs.pairs(source("left"), source("right")).name("pairs"));
    assertThat(PlanPrinter.text(compiled()))
        .isEqualTo(
            """
            job job

            stage left  (group job.left)
              reads   topic left, without watermarks: windows go by processing time
              writes  shuffle job.pairs.input-0.shuffle by java.lang.String

            stage right  (group job.right)
              reads   topic right, without watermarks: windows go by processing time
              writes  shuffle job.pairs.input-1.shuffle by java.lang.String

            stage pairs  (group job.pairs)
              reads   shuffle job.pairs.input-0.shuffle
              reads   shuffle job.pairs.input-1.shuffle
              step    pairs: process 2 inputs with list left, list right
              step    kafka-out: topic out
              keeps   job.pairs.changelog
            """);
    StagePlan pairs = compiled().stage("pairs");
    assertThat(heads(pairs))
        .containsExactly(List.of(step(pairs, "pairs", 0)), List.of(step(pairs, "pairs", 1)));
    assertThat(pairs.joinsInputs()).isTrue();
  }

  @Test
  void inputsAreThoseOfTheOperatorWhicheverSourceComesFirst() {
    DataStream<String> right = source("right");
    DataStream<String> left = source("left");
    lines(TwoInputs.pairs(left, right).name("pairs"));
    StagePlan pairs = compiled().stage("pairs");
    assertThat(topics(pairs))
        .containsExactly("job.pairs.input-0.shuffle", "job.pairs.input-1.shuffle");
    assertThat(((StageInput.Shuffled) pairs.inputs().get(0)).edge().from()).isEqualTo("left");
  }

  @Test
  void theOrderOfInputsDoesNotDependOnThatOfTheProgram() {
    for (List<String> order : List.of(List.of("a", "b"), List.of("b", "a"))) {
      Job either = Job.named("job");
      DataStream<String> first = either.source(KafkaSource.strings(order.get(0)));
      DataStream<String> second = either.source(KafkaSource.strings(order.get(1)));
      TwoInputs.byLetter(first.union(second)).count().name("counts").to(KafkaSink.upsert("out"));
      StagePlan counts =
          Compiler.compile(PlanAccess.of(either), ErrorPolicy.fail()).stage("counts");
      assertThat(topics(counts)).containsExactly("job.counts.a.shuffle", "job.counts.b.shuffle");
    }
  }

  @Test
  void twoWaysFromOneStageToAnotherAreTwoTopics() {
    DataStream<String> words = source("words");
    lines(TwoInputs.pairs(words, words.map(word -> word)).name("pairs"));
    PhysicalPlan plan = compiled();
    assertThat(plan.stage("words").outputs())
        .extracting(edge -> edge.topic())
        .containsExactlyInAnyOrder("job.pairs.input-0.shuffle", "job.pairs.input-1.shuffle");
    assertThat(topics(plan.stage("pairs")))
        .containsExactly("job.pairs.input-0.shuffle", "job.pairs.input-1.shuffle");
  }

  @Test
  void aStreamThatMeetsItselfIsShuffledOnce() {
    KeyedStream<String, String> words = TwoInputs.byLetter(source("words"));
    lines(TwoInputs.pairs(words, words).name("pairs"));
    StagePlan pairs = compiled().stage("pairs");
    assertThat(topics(pairs)).containsExactly("job.pairs.shuffle");
    assertThat(heads(pairs))
        .containsExactly(List.of(step(pairs, "pairs", 0), step(pairs, "pairs", 1)));
  }

  @Test
  void anInputOfSeveralStagesHasATopicFromEach() {
    DataStream<String> left = source("a").union(source("b"));
    lines(TwoInputs.pairs(left, source("right")).name("pairs"));
    StagePlan pairs = compiled().stage("pairs");
    assertThat(topics(pairs))
        .containsExactly(
            "job.pairs.input-0.a.shuffle",
            "job.pairs.input-0.b.shuffle",
            "job.pairs.input-1.shuffle");
    assertThat(heads(pairs).get(1)).containsExactly(step(pairs, "pairs", 0));
    assertThat(pairs.inputsBefore(step(pairs, "pairs", 0))).containsExactly(0, 1);
    assertThat(pairs.inputsBefore(step(pairs, "pairs", 1))).containsExactly(2);
  }

  @Test
  void whatElseReadsAnInputKeepsItsStageAndTopic() {
    KeyedStream<String, String> left = TwoInputs.byLetter(source("left"));
    left.count().name("counts").changes().map(String::valueOf).to(KafkaSink.strings("out"));
    PhysicalPlan before = compiled();
    lines(TwoInputs.pairs(left, TwoInputs.byLetter(source("right"))).name("pairs"));
    PhysicalPlan after = compiled();
    assertThat(topics(after.stage("counts"))).isEqualTo(topics(before.stage("counts")));
    assertThat(after.stage("counts").steps()).hasSameSizeAs(before.stage("counts").steps());
    assertThat(after.stage("left").outputs())
        .extracting(edge -> edge.topic())
        .containsExactlyInAnyOrder("job.counts.shuffle", "job.pairs.input-0.shuffle");
  }

  @Test
  void keysOfDifferentTypesAreRefused() {
    KeyedStream<Integer, String> byLength = source("right").keyBy(String::length);
    @SuppressWarnings({"unchecked", "rawtypes"}) // which the public methods would not allow
    List<KeyedStream<String, ?>> streams =
        (List) List.of(TwoInputs.byLetter(source("left")), byLength);
    lines(KeyedStream.process(streams, TwoInputs.Pairs::new).name("pairs"));
    assertThatThrownBy(this::compiled)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("keys of different types (java.lang.String, java.lang.Integer)");
  }

  @Test
  void anOperatorHasTheTasksThatOneOfItsInputsAsksFor() {
    lines(
        TwoInputs.pairs(
                TwoInputs.byLetter(source("left")),
                TwoInputs.byLetter(source("right")).parallelism(3))
            .name("pairs"));
    assertThat(compiled().stage("pairs").parallelism()).hasValue(3);
  }

  @Test
  void differentNumbersOfTasksAreRefused() {
    lines(
        TwoInputs.pairs(
                TwoInputs.byLetter(source("left")).parallelism(2),
                TwoInputs.byLetter(source("right")).parallelism(3))
            .name("pairs"));
    assertThatThrownBy(this::compiled)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'pairs'")
        .hasMessageContaining("different numbers of tasks (2, 3)");
  }
}
