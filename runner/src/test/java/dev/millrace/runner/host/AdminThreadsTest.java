package dev.millrace.runner.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls that answer, fail or hang. */
final class AdminThreadsTest {

  private final CountDownLatch closed = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);

  private AdminThreads thread(Duration patience) {
    return new AdminThreads("test", 1, AdminThreads.Overdue.GOES_ON, closed::countDown, patience);
  }

  @AfterEach
  void letGo() {
    answer.countDown();
  }

  private String hang() {
    try {
      answer.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return "late";
  }

  @Test
  void callsAreMadeOneAfterTheOther() throws Exception {
    AdminThreads thread = thread(Duration.ofMinutes(1));
    assertThat(thread.<String>call("ask", () -> "one")).isEqualTo("one");
    assertThatThrownBy(
            () ->
                thread.call(
                    "ask",
                    () -> {
                      throw new ConfigurationException("Cannot: there is none");
                    }))
        .as("as the call throws it")
        .isInstanceOf(ConfigurationException.class);
    assertThat(thread.<String>call("ask", () -> "two")).isEqualTo("two");
    thread.close();
    thread.close();
    closed.await();
    assertThatThrownBy(() -> thread.call("ask", () -> "three"))
        .isInstanceOf(KafkaSilentException.class)
        .hasMessage("Cannot ask: this instance is ending");
  }

  @Test
  void whatNobodyWaitsForIsBrokenOff() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    AdminThreads threads =
        new AdminThreads(
            "test", 1, AdminThreads.Overdue.IS_BROKEN_OFF, closed::countDown, Duration.ofMillis(1));
    assertThatThrownBy(
            () ->
                threads.call(
                    "read",
                    () -> {
                      try {
                        answer.await();
                      } catch (InterruptedException e) {
                        interrupted.countDown();
                      }
                      return "late";
                    }))
        .isInstanceOf(KafkaSilentException.class);
    interrupted.await();
    threads.close();
    closed.await();
  }

  @Test
  void whoWaitsTooLongDoesNotKnow() {
    AdminThreads thread = thread(Duration.ofMillis(1));
    for (int i = 0; i < 9; i++) {
      assertThatThrownBy(() -> thread.call("ask", this::hang))
          .isInstanceOf(KafkaSilentException.class)
          .hasMessageContaining("has not answered within");
    }
    assertThatThrownBy(() -> thread.call("ask", this::hang))
        .isInstanceOf(KafkaSilentException.class)
        .hasMessageContaining("8 requests wait");
    thread.close();
  }
}
