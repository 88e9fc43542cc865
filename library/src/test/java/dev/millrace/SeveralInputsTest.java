package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.plan.FromInput;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ValueState;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LaterInstances;
import dev.millrace.testkit.LocalState;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs whose operators read several inputs, on the simulated cluster. */
final class SeveralInputsTest {

  private static Job pairs() {
    Job job = Job.named("pairs");
    TwoInputs.pairs(
            job.source(KafkaSource.strings("left")), job.source(KafkaSource.strings("right")))
        .name("pairs")
        .to(KafkaSink.strings("out"));
    return job;
  }

  private static List<String> expected(List<String> left, List<String> right) {
    List<String> pairs = new ArrayList<>();
    for (String one : left) {
      right.stream()
          .filter(other -> one.charAt(0) == other.charAt(0))
          .forEach(other -> pairs.add(one + "+" + other));
    }
    return pairs;
  }

  private static TestTopic<String> topic(JobTest test, String name) {
    return test.topic(name, String.class);
  }

  private static List<String> out(JobTest test) {
    return test.output("out", String.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"left, right", "right, left", "together"})
  void equalKeysMeetWhicheverComesFirst(String order) {
    List<String> left = List.of("a1", "b1", "a2");
    List<String> right = List.of("a7", "c7", "b7", "b8");
    try (JobTest test = JobTest.builder(pairs()).instances(2).build()) {
      topic(test, "left").partitions(2);
      topic(test, "right").partitions(3);
      if (!order.startsWith("right")) {
        topic(test, "left").send(1, left.toArray(new String[0]));
      }
      if (!order.equals("together")) {
        if (order.startsWith("right")) {
          topic(test, "right").send(2, right.toArray(new String[0]));
        }
        test.run();
        assertThat(out(test)).isEmpty();
        test.restart();
      }
      if (order.startsWith("right")) {
        topic(test, "left").send(1, left.toArray(new String[0]));
      } else {
        topic(test, "right").send(2, right.toArray(new String[0]));
      }
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected(left, right));
    }
  }

  @Test
  void aStreamMeetsItself() {
    Job job = Job.named("self");
    DataStream<String> words = job.source(KafkaSource.strings("left"));
    KeyedStream<String, String> keyed = TwoInputs.byLetter(words);
    TwoInputs.pairs(keyed, keyed).name("once").to(KafkaSink.strings("out"));
    TwoInputs.pairs(words, words.map(word -> word + "'")).name("twice").to(KafkaSink.strings("2"));
    List<String> values = List.of("a1", "b1", "a2");
    try (JobTest test = JobTest.of(job)) {
      topic(test, "left").partitions(2).send(0, "a1", "b1");
      test.run();
      test.restart();
      topic(test, "left").send(1, "a2");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected(values, values));
      assertThat(test.output("2", String.class))
          .containsExactlyInAnyOrderElementsOf(
              expected(values, values.stream().map(value -> value + "'").toList()));
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void everyPairIsThereOnceWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt :
        EachCommit.with(failure).every(2).afterDeath(LocalState.LOST)) {
      List<String> left = new ArrayList<>();
      List<String> right = new ArrayList<>();
      try (JobTest test = attempt.start(JobTest.builder(pairs()).instances(2))) {
        topic(test, "left").partitions(2);
        for (int batch = 0; batch < 3; batch++) {
          for (int i = 0; i < 4; i++) {
            String value = "" + (char) ('a' + (i + batch) % 3) + batch + i;
            (i % 2 == 0 ? left : right).add(value);
            topic(test, i % 2 == 0 ? "left" : "right").send(0, value);
          }
          test.run();
        }
        assertThat(out(test))
            .as("%s", attempt)
            .containsExactlyInAnyOrderElementsOf(expected(left, right));
      }
    }
  }

  // ------------------------------------------------------------------ time

  /** Reports the records of both inputs when the watermark has passed them by a second. */
  static final class Echo extends KeyedProcessFunction<String, FromInput, String> {
    @Override
    public void onRecord(FromInput record, Context context) {
      context.timers().setEventTime(context.eventTime().plusSeconds(1));
    }

    @Override
    public void onTimer(Instant time, Context context) {
      context.emit(context.key() + time.getEpochSecond());
    }
  }

  private static Job timed(Watermarks<Object> watermarks) {
    Job job = Job.named("timed");
    List<KeyedStream<String, ?>> streams =
        List.of(
            TwoInputs.byLetter(job.source(KafkaSource.strings("left").watermarks(watermarks))),
            TwoInputs.byLetter(job.source(KafkaSource.strings("right").watermarks(watermarks))));
    KeyedStream.process(streams, Echo::new).name("echo").to(KafkaSink.strings("out"));
    return job;
  }

  private static void send(JobTest test, String topic, int partition, long second, String value) {
    topic(test, topic).sendAt(partition, Instant.ofEpochSecond(second), value);
  }

  @Test
  void timeIsThatOfTheSlowerInputAlsoAfterARestart() {
    try (JobTest test = JobTest.of(timed(Watermarks.boundedOutOfOrderness(Duration.ZERO)))) {
      send(test, "left", 0, 10, "a");
      send(test, "left", 0, 20, "b");
      test.run();
      assertThat(out(test)).isEmpty();
      send(test, "right", 0, 12, "c");
      test.run();
      assertThat(out(test)).containsExactly("a11");
      test.restart();
      send(test, "right", 0, 22, "d");
      test.run();
      assertThat(out(test)).containsExactly("a11", "c13");
      send(test, "left", 0, 30, "e");
      test.run();
      assertThat(out(test)).containsExactly("a11", "c13", "b21");
    }
  }

  @Test
  void anIdleInputDoesNotHoldTheOtherBackForLong() {
    Watermarks<Object> idle =
        Watermarks.boundedOutOfOrderness(Duration.ZERO).idleness(Duration.ofSeconds(2));
    try (JobTest test = JobTest.of(timed(idle))) {
      send(test, "right", 0, 5, "r");
      test.run();
      for (int second = 10; second < 20; second++) {
        send(test, "left", 0, second, "a");
        test.advanceProcessingTime(Duration.ofSeconds(1));
      }
      assertThat(out(test)).contains("r6", "a11", "a12");
      send(test, "right", 0, 19, "r");
      send(test, "left", 0, 40, "a");
      test.run();
      assertThat(out(test)).as("waited for again").doesNotContain("a41", "r20");
    }
  }

  @Test
  void inputsThatEndOneAfterTheOtherEndTheJob() {
    Job job = timed(Watermarks.boundedOutOfOrderness(Duration.ZERO));
    try (JobTest test = JobTest.of(job)) {
      send(test, "left", 0, 10, "a");
      send(test, "right", 0, 20, "b");
      test.endInput();
      assertThat(test.isFinished()).isTrue();
      assertThat(out(test)).containsExactlyInAnyOrder("a11", "b21");
    }
  }

  @Test
  void aTopicOfOneInputThatGrowsHoldsTimeUntilItsNewPartitionIsRead() {
    try (JobTest test = JobTest.of(timed(Watermarks.boundedOutOfOrderness(Duration.ZERO)))) {
      send(test, "left", 0, 10, "a");
      send(test, "right", 0, 10, "b");
      test.run();
      topic(test, "left").growTo(2);
      test.advanceProcessingTime(Duration.ofMinutes(6));
      send(test, "left", 0, 50, "a");
      send(test, "right", 0, 50, "b");
      test.run();
      assertThat(out(test)).isEmpty();
      test.restart();
      send(test, "left", 1, 30, "c");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a11", "b11");
    }
  }

  // ------------------------------------------------------------------ order

  /** Reports by how much a record of one side was ahead of the last one of the other. */
  static final class Lead extends KeyedProcessFunction<String, FromInput, String> {
    private final ValueState<Long> left = state.value("left", Long.class);
    private final ValueState<Long> right = state.value("right", Long.class);

    @Override
    public void onRecord(FromInput record, Context context) {
      (record.input() == 0 ? left : right).set(context.eventTime().getEpochSecond());
      context.emit("" + Math.abs(left.valueOr(0L) - right.valueOr(0L)));
    }
  }

  /** Small fetches give one input at a time. */
  @ParameterizedTest
  @ValueSource(strings = {"500", "20"})
  void inputsThatAreReadLateAreReadSideBySideInTime(String recordsOfAFetch) {
    Job job = Job.named("backlog");
    List<KeyedStream<String, ?>> streams =
        List.of(
            TwoInputs.byLetter(job.source(KafkaSource.strings("left"))),
            TwoInputs.byLetter(job.source(KafkaSource.strings("right"))));
    KeyedStream.process(streams, Lead::new).name("lead").to(KafkaSink.strings("out"));
    int records = 600;
    try (JobTest test =
        JobTest.builder(job)
            .set("shuffle.frame.size", "1KB")
            .set("max.poll.records", recordsOfAFetch)
            .set("stages", "left,right")
            .build()) {
      for (int second = 0; second < records; second++) {
        send(test, "left", 0, second, "a left ............................................");
        send(test, "right", 0, second, "a right ...........................................");
        if (second % 20 == 19) {
          test.run(); // What a transaction emitted is read as a whole if a commit waits for it.
        }
      }
      assertThat(out(test)).as("all is shuffled before anybody reads it").isEmpty();
      LaterInstances.set(test, "stages", "lead");
      test.scaleTo(2);
      List<Integer> leads = out(test).stream().map(Integer::valueOf).toList();
      assertThat(leads).hasSize(2 * records);
      assertThat(leads).allMatch(lead -> lead < 60);
    }
  }
}
