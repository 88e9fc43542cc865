package dev.millrace.runner.supervise;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The time of a supervisor, and its waiting; a test has its own. */
interface SupervisorClock {

  /** The machine's. */
  SupervisorClock SYSTEM =
      new SupervisorClock() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public void await(CountDownLatch end, Duration atMost) throws InterruptedException {
          boolean ignored = end.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        }
      };

  /** {@return a time that only goes forward, of no meaning by itself} */
  long nanos();

  /** {@return the time of day} */
  Instant now();

  /** Waits for so long, or until the latch is open. */
  void await(CountDownLatch end, Duration atMost) throws InterruptedException;
}
