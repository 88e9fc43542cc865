package dev.millrace.internal.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class CounterTest {

  @Test
  void itAddsUp() {
    Counter counter = new Counter();
    counter.add(3);
    counter.add(1L << 40);
    assertThat(counter.count()).isEqualTo((1L << 40) + 3);
  }

  /** A reader that looks on in a loop sees the number move; of a plain field it need not. */
  @Test
  void anotherThreadSeesItMove() throws Exception {
    Counter counter = new Counter();
    CountDownLatch seen = new CountDownLatch(1);
    Thread reader =
        new Thread(
            () -> {
              while (counter.count() < 1_000) {
                // Looks again: the compiler may not take the read out of the loop.
              }
              seen.countDown();
            });
    reader.setDaemon(true);
    reader.start();
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (seen.getCount() > 0 && System.nanoTime() < deadline) {
      counter.add(1);
    }
    assertThat(seen.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
