package dev.millrace;

import static dev.millrace.LetterTopics.START;
import static dev.millrace.LetterTopics.out;
import static dev.millrace.LetterTopics.source;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.output.OutputTag;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.DeadLetter;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.window.Late;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs that join streams, on the simulated cluster. */
final class StreamJoinsTest {

  private static final Duration UPPER = Duration.ofSeconds(10);

  private static BoundedStreamJoin<String, String> within(Job job, Duration lower, Duration upper) {
    return source(job, "left")
        .join(source(job, "right"))
        .on(LetterTopics::letter, LetterTopics::letter)
        .within(lower, upper);
  }

  private static void send(JobTest test, String topic, int partition, long second, String value) {
    test.topic(topic, String.class).sendAt(partition, START.plusSeconds(second), value);
  }

  // ------------------------------------------------------------------ a batch

  private record In(String topic, int number, long second, String value) {}

  private static List<In> inputs(Random random) {
    List<In> inputs = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String topic = random.nextBoolean() ? "left" : "right";
      String value = "abc".charAt(random.nextInt(3)) + "" + i;
      inputs.add(new In(topic, i, i / 2 + random.nextInt(3), value));
    }
    return inputs;
  }

  private static List<String> expected(List<In> inputs, long lower, long upper) {
    List<String> results = new ArrayList<>();
    List<In> met = new ArrayList<>();
    for (In left : inputs) {
      for (In right : inputs) {
        long later = right.second() - left.second();
        if (left.topic().equals("left")
            && right.topic().equals("right")
            && left.value().charAt(0) == right.value().charAt(0)
            && later >= lower
            && later <= upper) {
          results.add(left.value() + "+" + right.value());
          met.add(left);
          met.add(right);
        }
      }
    }
    inputs.stream()
        .filter(one -> !met.contains(one))
        .forEach(
            one ->
                results.add(
                    one.topic().equals("left") ? one.value() + "+null" : "null+" + one.value()));
    return results;
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void theResultsAreThoseOfABatchWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt : EachCommit.with(failure).every(5)) {
      Random random = new Random(attempt.seed());
      long lower = random.nextInt(9) - 6;
      long upper = lower + random.nextInt(7);
      Job job = Job.named("joined");
      within(job, Duration.ofSeconds(lower), Duration.ofSeconds(upper))
          .outer((left, right) -> left + "+" + right)
          .to(KafkaSink.strings("out"));
      try (JobTest test = attempt.start(JobTest.builder(job).instances(2).startAt(START))) {
        test.topic("left", String.class).partitions(2);
        test.topic("right", String.class).partitions(3);
        List<In> inputs = inputs(random);
        for (In one : inputs) {
          send(test, one.topic(), one.number() % 2, one.second(), one.value());
          if (one.number() % 20 == 19) {
            test.run();
          }
        }
        test.endInput();
        assertThat(test.lateRecords()).isZero();
        assertThat(out(test))
            .as("%s, [%d, %d]", attempt, lower, upper)
            .containsExactlyInAnyOrderElementsOf(expected(inputs, lower, upper));
      }
    }
  }

  // ------------------------------------------------------------------ time

  @Test
  void whatHasNoMatchIsEmittedOnceWhenBothSidesHavePassedIt() {
    Job job = Job.named("unmatched");
    within(job, Duration.ZERO, UPPER)
        .left((left, right) -> left + "+" + right)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "left", 0, 0, "a1");
      send(test, "left", 0, 1, "b1");
      send(test, "left", 0, 60, "z");
      test.run();
      assertThat(out(test)).as("the right may still come").isEmpty();
      send(test, "right", 0, 9, "a7");
      test.run();
      test.restart(LocalState.LOST);
      send(test, "right", 0, 13, "b7");
      test.run();
      assertThat(out(test)).as("the watermark is at the bound").containsExactly("a1+a7");
      send(test, "right", 0, 15, "b7");
      test.run();
      assertThat(out(test)).containsExactly("a1+a7", "b1+null");
      test.restart();
      send(test, "right", 0, 60, "c7");
      test.run();
      assertThat(out(test)).containsExactly("a1+a7", "b1+null");
    }
  }

  @Test
  void whatHadNoMatchIsNotLateAfterTheJoin() {
    Job job = Job.named("counted");
    within(job, Duration.ZERO, UPPER)
        .outer((left, right) -> left + "+" + right)
        .keyBy(pair -> "all")
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .count()
        .map(result -> result.window().start().getEpochSecond() % 100 + ":" + result.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      for (int second = 0; second < 20; second++) {
        send(test, "left", 0, second, "a" + second);
        send(test, "right", 0, second, "b" + second);
        test.run();
      }
      test.endInput();
      assertThat(test.lateRecords()).isZero();
      assertThat(out(test)).hasSize(20).allMatch(line -> line.endsWith(":2"));
    }
  }

  @Test
  void lateRecordsOfBothSidesAreCountedAndWritten() {
    OutputTag<Late<String>> lateLeft = Late.tag("late-left", String.class);
    OutputTag<Late<String>> lateRight = Late.tag("late-right", String.class);
    Job job = Job.named("late");
    DataStream<String> joined =
        within(job, Duration.ZERO, UPPER)
            .lateTo(lateLeft, lateRight)
            .inner((left, right) -> left + "+" + right);
    joined.to(KafkaSink.strings("out"));
    joined.sideOutput(lateLeft).map(Late::value).to(KafkaSink.strings("lefts"));
    joined.sideOutput(lateRight).map(Late::value).to(KafkaSink.strings("rights"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "left", 0, 20, "a");
      send(test, "right", 0, 20, "b");
      test.run();
      send(test, "left", 0, 16, "c late");
      send(test, "right", 0, 15, "d late");
      send(test, "right", 0, 17, "a in time");
      test.run();
      assertThat(test.output("lefts", String.class)).containsExactly("c late");
      assertThat(test.output("rights", String.class)).containsExactly("d late");
      assertThat(test.lateRecords()).isEqualTo(2);
    }
  }

  @Test
  void aStreamIsJoinedWithItself() {
    Job job = Job.named("self");
    KeyedStream<String, String> left = source(job, "left").keyBy(LetterTopics::letter);
    left.join(left)
        .within(Duration.ZERO, UPPER)
        .inner((first, second) -> first + "+" + second)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "left", 0, 1, "a1");
      send(test, "left", 0, 2, "a2");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a1+a1", "a1+a2", "a2+a2");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void windowsAreJoined(int instances) {
    Job job = Job.named("windows");
    source(job, "left")
        .join(source(job, "right"))
        .on(String.class, LetterTopics::letter, LetterTopics::letter)
        .parallelism(3)
        .within(Windows.tumbling(UPPER))
        .right((left, right) -> left + "+" + right)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).instances(instances).startAt(START).build()) {
      send(test, "left", 0, 1, "a1");
      send(test, "right", 0, 9, "a9");
      send(test, "right", 0, 10, "a10");
      send(test, "left", 0, 12, "b12");
      test.endInput();
      assertThat(out(test)).containsExactlyInAnyOrder("a1+a9", "null+a10");
    }
  }

  // ------------------------------------------------------------------ failures

  @Test
  void aPairThatFailsIsTheDeadLetter() {
    Job job = Job.named("dead");
    within(job, Duration.ZERO, UPPER)
        .inner(
            (left, right) -> {
              if (left.endsWith("!")) {
                throw new IllegalArgumentException("cannot join");
              }
              return left + "+" + right;
            })
        .onError(ErrorPolicy.deadLetter())
        .name("joined")
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "left", 0, 1, "a1");
      send(test, "left", 0, 2, "a2!");
      test.run();
      send(test, "right", 0, 3, "a3");
      test.run();
      assertThat(out(test)).containsExactly("a1+a3");
      DeadLetter letter = test.deadLetters().get(0);
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(letter.operator()).isEqualTo("joined");
      assertThat(new String(letter.value(), StandardCharsets.UTF_8))
          .isEqualTo("{\"key\":\"a\",\"left\":\"a2!\",\"right\":\"a3\"}");
    }
  }

  /** Results of windows lie where their keys are, so that only the other side is shuffled. */
  @Test
  void resultsOfWindowsAreJoinedWhereTheyAre() {
    Job job = Job.named("local");
    DataStream<WindowResult<String, Long>> counts =
        source(job, "left")
            .keyBy(LetterTopics::letter)
            .window(Windows.tumbling(Duration.ofSeconds(5)))
            .count();
    TwoInputs.byWindowKey(counts)
        .join(source(job, "right").keyBy(LetterTopics::letter))
        .within(Duration.ZERO, UPPER)
        .left(
            (count, right) -> {
              if (right != null && right.endsWith("!")) {
                throw new IllegalArgumentException("cannot join");
              }
              return count.key() + count.value() + "+" + right;
            })
        .onError(ErrorPolicy.deadLetter())
        .name("joined")
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).instances(2).startAt(START).build()) {
      assertThat(test.stages()).hasSize(3);
      send(test, "left", 0, 1, "a1");
      send(test, "left", 0, 2, "a2");
      send(test, "left", 0, 3, "b3");
      send(test, "right", 0, 6, "a6");
      send(test, "right", 0, 7, "a7!");
      test.run();
      test.restart();
      test.endInput();
      assertThat(out(test)).containsExactlyInAnyOrder("a2+a6", "b1+null");
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(new String(test.deadLetters().get(0).value(), StandardCharsets.UTF_8))
          .startsWith("{\"key\":\"a\",\"left\":{\"key\":\"a\",")
          .endsWith(",\"right\":\"a7!\"}");
    }
  }
}
