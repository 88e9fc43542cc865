package dev.millrace.runner.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.error.MillraceException;
import dev.millrace.metrics.StageCounters;
import dev.millrace.runner.StageStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often Kafka is asked, and what those are told who wait. */
final class StatusCacheTest {

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicLong records = new AtomicLong();
  private final AtomicInteger questions = new AtomicInteger();
  private final CountDownLatch answer = new CountDownLatch(1);
  private volatile boolean isSilent;
  private volatile boolean fails;
  private StatusCache cache = cache(Duration.ofMinutes(1));

  private StatusCache cache(Duration patience) {
    return new StatusCache(this::answer, patience, nanos::get);
  }

  private JobStatus answer() {
    questions.incrementAndGet();
    if (isSilent) {
      try {
        answer.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    if (fails) {
      throw new MillraceException("Cannot reach Kafka");
    }
    JobStatus.Stage stage =
        StageStatus.of("job", "lines")
            .counters(new StageCounters(Map.of("recordsIn", records.get())))
            .build();
    return new JobStatus(
        "job", JobPhase.READY, 0, false, false, false, List.of(), false, List.of(), List.of(stage));
  }

  @AfterEach
  void close() {
    answer.countDown();
    cache.close();
    cache.close();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void kafkaIsAskedOnceASecond() throws Exception {
    SeenStatus first = cache.get();
    pass(Duration.ofMillis(999));
    assertThat(cache.get()).isSameAs(first);
    pass(Duration.ofMillis(1));
    assertThat(cache.get()).isNotSameAs(first);
    assertThat(questions).hasValue(2);
  }

  @Test
  void allWhoWaitGetTheSameAnswer() throws Exception {
    isSilent = true;
    List<CompletableFuture<SeenStatus>> waiting = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      waiting.add(CompletableFuture.supplyAsync(this::get));
    }
    answer.countDown();
    SeenStatus one = waiting.get(0).get();
    for (CompletableFuture<SeenStatus> each : waiting) {
      assertThat(each.get()).isSameAs(one);
    }
    assertThat(questions).hasValue(1);
  }

  private SeenStatus get() {
    try {
      return cache.get();
    } catch (NoStatusException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whoeverWaitsTooLongIsToldSo() {
    isSilent = true;
    cache.close();
    cache = cache(Duration.ofMillis(1));
    assertThatThrownBy(cache::get)
        .isInstanceOf(NoStatusException.class)
        .hasMessageContaining("has not answered");
    assertThatThrownBy(cache::get).isInstanceOf(NoStatusException.class);
    assertThat(questions).hasValueLessThanOrEqualTo(1);
  }

  @Test
  void aFailureIsAnAnswerForASecond() throws Exception {
    fails = true;
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(cache::get)
          .isInstanceOf(NoStatusException.class)
          .hasMessage("Cannot reach Kafka");
    }
    assertThat(questions).hasValue(1);
    fails = false;
    pass(Duration.ofSeconds(1));
    assertThat(cache.get().status().job()).isEqualTo("job");
  }

  @Test
  void theRateIsSinceAnAnswerOfFiveSecondsBefore() throws Exception {
    assertThat(cache.get().recordsPerSecond()).isEmpty();
    records.set(100);
    pass(Duration.ofSeconds(4));
    assertThat(cache.get().recordsPerSecond()).isEmpty();
    records.set(500);
    pass(Duration.ofSeconds(1));
    assertThat(cache.get().recordsPerSecond()).hasValue(100);
    records.set(600);
    pass(Duration.ofSeconds(4));
    assertThat(cache.get().recordsPerSecond()).as("since the second answer").hasValue(100);
    records.set(0);
    pass(Duration.ofSeconds(10));
    assertThat(cache.get().recordsPerSecond()).as("an instance began anew").isEmpty();
  }

  @Test
  void nothingIsAskedAnyMoreOnceItIsClosed() throws Exception {
    assertThat(cache.get()).isNotNull();
    cache.close();
    pass(Duration.ofSeconds(1));
    assertThatThrownBy(cache::get)
        .isInstanceOf(NoStatusException.class)
        .hasMessageContaining("ending");
  }
}
