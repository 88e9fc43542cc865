package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.runner.http.RequestThreads.Phase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who loses a thread when there are not enough. */
final class RequestThreadsTest {

  private final RequestThreads threads = new RequestThreads(2, 100, Duration.ofMillis(1));
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger evicted = new AtomicInteger();

  @AfterEach
  void close() {
    threads.close();
  }

  /** A request that keeps its thread until it is released or loses it. */
  private void waitFor(Phase phase, CountDownLatch begun) {
    threads.execute(
        () -> {
          try {
            threads.enter(phase);
            begun.countDown();
            release.await();
          } catch (InterruptedException e) {
            evicted.incrementAndGet();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void slowReadersAndWritersMakeWay() throws Exception {
    CountDownLatch begun = new CountDownLatch(2);
    waitFor(Phase.READING, begun);
    waitFor(Phase.WRITING, begun);
    await(begun);
    CountDownLatch served = new CountDownLatch(50);
    for (int i = 0; i < 50; i++) {
      threads.execute(
          () -> {
            if (!Thread.currentThread().isInterrupted()) {
              served.countDown();
            }
          });
    }
    await(served);
    assertThat(evicted).hasPositiveValue();
  }

  @Test
  void whoWorksOnAnAnswerIsLeftAlone() throws Exception {
    CountDownLatch begun = new CountDownLatch(2);
    waitFor(Phase.WORKING, begun);
    waitFor(Phase.READING, begun);
    await(begun);
    CountDownLatch served = new CountDownLatch(1);
    threads.execute(served::countDown);
    await(served);
    assertThat(evicted).hasValue(1);
    release.countDown();
  }

  @Test
  void nobodyMakesWayWhileThereAreThreads() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    waitFor(Phase.READING, begun);
    await(begun);
    for (int i = 0; i < 20; i++) {
      CountDownLatch served = new CountDownLatch(1);
      threads.execute(served::countDown);
      await(served);
    }
    release.countDown();
    assertThat(evicted).hasValue(0);
  }

  @Test
  void whoHasBeenToldToGiveUpDoesNotGoOn() throws Exception {
    CountDownLatch refused = new CountDownLatch(2);
    CountDownLatch begun = new CountDownLatch(2);
    for (int i = 0; i < 2; i++) {
      threads.execute(
          () -> {
            begun.countDown();
            try {
              release.await();
            } catch (InterruptedException e) {
              try {
                threads.enter(Phase.WORKING);
              } catch (IOException asExpected) {
                refused.countDown();
              }
            }
          });
    }
    await(begun);
    CountDownLatch served = new CountDownLatch(2);
    threads.execute(served::countDown);
    threads.execute(served::countDown);
    await(served);
    assertThat(refused.getCount()).isLessThan(2);
  }
}
