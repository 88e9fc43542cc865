package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.function.Async;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Jobs with calls, whose commits fail one by one. */
final class AsyncJobsTest {

  private static CompletionStage<String> upper(String line) {
    return CompletableFuture.supplyAsync(() -> line.toUpperCase(java.util.Locale.ROOT));
  }

  private static Job job() {
    Job job = Job.named("calls");
    job.source(KafkaSource.strings("lines"))
        .mapAsync(AsyncJobsTest::upper, Async.inFlight(7))
        .keyBy(line -> line.substring(0, 1))
        .parallelism(2)
        .count()
        .changes()
        .filter(change -> !change.kind().retracts())
        .map(change -> change.key() + change.value())
        .mapAsync(AsyncJobsTest::upper, Async.inFlight(3))
        .to(KafkaSink.strings("out"));
    return job;
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void resultsAreExactWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt : EachCommit.with(failure)) {
      try (JobTest test = attempt.start(JobTest.builder(job()))) {
        List<String> expected = new ArrayList<>();
        for (int batch = 1; batch <= 3; batch++) {
          test.topic("lines", String.class)
              .send(0, IntStream.range(0, 30).mapToObj(i -> "a" + i).toArray(String[]::new))
              .send(0, IntStream.range(0, 20).mapToObj(i -> "b" + i).toArray(String[]::new));
          test.run();
          assertThat(test.output("out", String.class))
              .as("%s", attempt)
              .contains("A" + 30 * batch, "B" + 20 * batch);
          expected.add("A" + 30 * batch);
          expected.add("B" + 20 * batch);
        }
        assertThat(test.output("out", String.class)).doesNotHaveDuplicates().containsAll(expected);
      }
    }
  }

  /** The first call is only answered once the second is made: commits must not come between. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whileCallsAreUnderWayFurtherRecordsAreRead() {
    CompletableFuture<String> first = new CompletableFuture<>();
    Job job = Job.named("calls");
    job.source(KafkaSource.strings("lines"))
        .mapAsync(
            String.class,
            line -> {
              if (line.equals("a")) {
                return first;
              }
              first.complete("a");
              return CompletableFuture.completedFuture(line);
            },
            Async.inFlight(2))
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).set("max.poll.records", "1").build()) {
      // By then a commit may follow on the first record.
      test.run().advanceProcessingTime(Duration.ofSeconds(1));
      test.topic("lines", String.class).send(0, "a", "b");
      test.run();
      assertThat(test.output("out", String.class)).containsExactly("a", "b");
    }
  }

  @Test
  void aCallThatFailsGoesToTheErrorPolicy() {
    Job job = Job.named("calls");
    job.source(KafkaSource.strings("lines"))
        .mapAsync(
            String.class,
            line ->
                line.equals("bad")
                    ? CompletableFuture.failedFuture(new IllegalStateException("no"))
                    : CompletableFuture.completedFuture(line),
            Async.inFlight(2))
        .name("ask")
        .onError(ErrorPolicy.deadLetter())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("lines", String.class).send(0, "a", "bad", "b");
      test.run();
      assertThat(test.output("out", String.class)).containsExactly("a", "b");
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(test.deadLetters().get(0).operator()).isEqualTo("ask");
    }
    Job failing = Job.named("failing");
    failing
        .source(KafkaSource.strings("lines"))
        .mapAsync(
            String.class,
            line -> CompletableFuture.failedFuture(new IllegalStateException("no")),
            Async.inFlight(2))
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(failing)) {
      test.topic("lines", String.class).send(0, "a");
      assertThatThrownBy(test::run).isInstanceOf(RecordException.class).hasMessageContaining("no");
    }
  }
}
