package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A name that the job does not have is a mistake of the test, not an empty answer. */
final class UnknownNamesTest {

  private static Job counts() {
    Job job = Job.named("counts");
    job.source(KafkaSource.strings("words"))
        .filter(word -> !word.isEmpty())
        .keyBy(word -> word)
        .count()
        .changes()
        .map(change -> change.key() + change.value())
        .to(KafkaSink.strings("results"));
    return job;
  }

  private static Arguments asking(String what, String answer, Consumer<JobTest> question) {
    return Arguments.of(what, answer, question);
  }

  static Stream<Arguments> questions() {
    String topics = "[counts.errors, results, words]. Did you mean 'results'?";
    return Stream.of(
        asking("output", topics, test -> test.output("result", String.class)),
        asking("drain", topics, test -> test.drain("result", String.class)),
        asking("outputRecords", topics, test -> test.outputRecords("result", String.class)),
        asking("table", topics, test -> test.table("result", Long.class)),
        asking("topic", "Did you mean 'words'?", test -> test.topic("word", String.class)),
        asking("watermark", "[words, words-count]", test -> test.watermark("coun")),
        asking("watermark of a task", "[words, words-count]", test -> test.watermark("coun", 0)),
        asking("stateRows", "has no such step", test -> test.stateRows("coumt")),
        asking("stateRows", "keeps no state", test -> test.stateRows("words-filter")),
        asking("state", "[words-count]", test -> test.state("coumt", String.class, Long.class)),
        asking("metrics", "[words, words-count]", test -> test.metrics().stage("coun")),
        asking("source metrics", "[words, words-count]", test -> test.metrics().source("word")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("questions")
  void itFailsWithTheNamesThereAre(String what, String answer, Consumer<JobTest> question) {
    try (JobTest test = JobTest.of(counts())) {
      assertThatThrownBy(() -> question.accept(test)).hasMessageContaining(answer);
      test.topic("words", String.class).send("a");
      test.run();
      assertThatThrownBy(() -> question.accept(test)).hasMessageContaining(answer);
    }
  }

  @Test
  void valuesBesideTopicsAreNotAskedForWhereAJobHasOnlyTopics() {
    try (JobTest test = JobTest.of(counts())) {
      assertThatThrownBy(() -> test.output(String.class))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("job 'counts' writes into topics only");
    }
  }

  @Test
  void namesThatThereAreAnswerAlsoBeforeTheFirstRun() {
    try (JobTest test = JobTest.of(counts())) {
      assertThat(test.output("results", String.class)).isEmpty();
      assertThat(test.deadLetters()).isEmpty();
      assertThat(test.stateRows("words-count")).isZero();
      assertThat(test.metrics().stage("words-count").recordsIn()).isZero();
      assertThat(test.watermark("words-count")).isEmpty();
      test.topic("results", String.class).partitions(3);
    }
  }

  @Test
  void whereTopicsAreChosenPerRecordAnyMayBe() {
    Job job = Job.named("spread");
    job.source(KafkaSource.strings("words"))
        .to(KafkaSink.<String>strings("unused").topic(word -> "of-" + word));
    try (JobTest test = JobTest.of(job)) {
      test.topic("of-a", String.class).partitions(1);
      test.topic("words", String.class).send("a");
      test.run();
      assertThat(test.output("of-a", String.class)).containsExactly("a");
      assertThat(test.output("of-b", String.class)).isEmpty();
    }
  }

  // ------------------------------------------------------------------ loops

  private static Job loop() {
    Job job = Job.named("loop");
    job.source(KafkaSource.strings("words"))
        .map(word -> word + "!")
        .filter(word -> word.length() < 5)
        .to(KafkaSink.strings("words"));
    return job;
  }

  private static final JobConfig UNTIL_END = JobConfig.defaults().with("until.end", "true");

  @Test
  void aLoopIsRefusedWhereItsEndIsFixedAtTheStart() {
    assertThat(Millrace.plan(loop(), JobConfig.defaults()).userTopics()).containsExactly("words");
    assertThatThrownBy(() -> Millrace.plan(loop(), UNTIL_END))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("job 'loop' writes to topic 'words'")
        .hasMessageContaining("each result comes back as input");
  }

  @Test
  void aTopicBetweenTwoHalvesOfAJobIsRefusedWhereItsEndIsFixedAtTheStart() {
    Job job = Job.named("halves");
    job.source(KafkaSource.strings("a")).to(KafkaSink.strings("b"));
    job.source(KafkaSource.strings("b")).to(KafkaSink.strings("c"));
    assertThatThrownBy(() -> Millrace.plan(job, UNTIL_END))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("job 'halves' writes to topic 'b' that it reads as well");
  }

  @Test
  void aJobsOwnDeadLettersAreRefusedWhereItsEndIsFixedAtTheStart() {
    Job job = Job.named("letters");
    job.source(KafkaSource.strings("letters.errors")).to(KafkaSink.strings("b"));
    assertThat(Millrace.plan(job, UNTIL_END).userTopics()).hasSize(2);
    assertThatThrownBy(() -> Millrace.plan(job, UNTIL_END.with("errors.policy", "dead-letter")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("letters.errors");
  }

  @Test
  void aLoopThatEndsByItselfRuns() {
    try (JobTest test = JobTest.of(loop())) {
      test.topic("words", String.class).send("a");
      test.run();
      assertThat(test.output("words", String.class)).containsExactly("a", "a!", "a!!", "a!!!");
    }
  }
}
