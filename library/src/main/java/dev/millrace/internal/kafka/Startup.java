package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The waiting of an instance that starts: it waits out the same errors as a running one, but not
 * for ever. So a start during a broker's restart only takes a little longer.
 *
 * <p>The time counts from the creation of this object to the first step of the last worker.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Startup {

  private static final Logger LOGGER = LoggerFactory.getLogger(Startup.class);
  private static final long BETWEEN_LINES_NANOS = Duration.ofSeconds(4).toNanos();
  private static final long BETWEEN_LOOKS_MS = 500;
  private static final long FIRST_WAIT_MS = 100;
  private static final long LONGEST_WAIT_MS = 2_000;

  private final String job;
  private final JobConfig config;
  private final Clock clock;
  private final long beganNanos;
  private final AtomicLong loggedNanos;
  private volatile @Nullable Step step;

  private record Step(String waitingFor, long beganNanos) {}

  /** A thread that logs what is waited for while a single call takes long. */
  public final class Watch implements AutoCloseable {

    private volatile boolean closed;

    private void run() {
      while (!closed && !Thread.currentThread().isInterrupted()) {
        clock.sleepMs(BETWEEN_LOOKS_MS);
        Step taken = step;
        if (!closed && taken != null && clock.nanos() - taken.beganNanos() >= BETWEEN_LINES_NANOS) {
          log(taken.waitingFor(), "no answer yet");
        }
      }
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  /** Begins to wait, for at most the time that the settings allow. */
  public Startup(String job, JobConfig config, Clock clock) {
    this.job = job;
    this.config = config;
    this.clock = clock;
    this.beganNanos = clock.nanos();
    this.loggedNanos = new AtomicLong(beganNanos - BETWEEN_LINES_NANOS);
  }

  /** {@return a watch over the steps of the thread that starts the job; runs until it is closed} */
  public Watch watch() {
    Watch watch = new Watch();
    Thread thread = new Thread(watch::run, job + "-start");
    thread.setDaemon(true);
    thread.start();
    return watch;
  }

  /**
   * Takes a step, again and again until Kafka lets it through.
   *
   * @param waitingFor what the step waits for, to follow "waiting for"
   * @param step can be repeated, even if it failed half-way
   * @return what the step returns
   * @throws KafkaUnreachableException if the time is over
   */
  public <T> T await(String waitingFor, Supplier<T> step) {
    long waitMs = FIRST_WAIT_MS;
    while (true) {
      this.step = new Step(waitingFor, clock.nanos());
      try {
        return step.get();
      } catch (RuntimeException e) {
        goOnAfter(waitingFor, e);
      } finally {
        this.step = null;
      }
      clock.sleepMs(waitMs);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }

  /** As {@link #await(String, Supplier)}, for a step that returns nothing. */
  public void awaitDone(String waitingFor, Runnable step) {
    Boolean ignored =
        await(
            waitingFor,
            () -> {
              step.run();
              return Boolean.TRUE;
            });
  }

  /**
   * Returns if a step that failed may be tried again.
   *
   * @param failure is thrown again if trying again is of no use
   * @throws KafkaUnreachableException if the time is over
   */
  public void goOnAfter(String waitingFor, RuntimeException failure) {
    if (!KafkaErrors.mayPass(failure) || Thread.currentThread().isInterrupted()) {
      throw RefusedCredentials.explained(failure, "start job '" + job + "'");
    }
    long now = clock.nanos();
    Duration waited = Duration.ofNanos(now - beganNanos);
    if (waited.compareTo(config.startupTimeout()) >= 0) {
      throw new KafkaUnreachableException(
          "Cannot start job '"
              + job
              + "': after "
              + waited.toSeconds()
              + " s it is still waiting for "
              + waitingFor
              + " at "
              + config.bootstrapServers()
              + " ("
              + KafkaErrors.text(failure)
              + "). Check the address and that the brokers run, or raise startup.timeout ("
              + config.startupTimeout().toMillis()
              + " ms)",
          failure);
    }
    log(waitingFor, KafkaErrors.text(failure));
  }

  private void log(String waitingFor, String cause) {
    long now = clock.nanos();
    long logged = loggedNanos.get();
    if (now - logged >= BETWEEN_LINES_NANOS && loggedNanos.compareAndSet(logged, now)) {
      LOGGER
          .atWarn()
          .addKeyValue("job", job)
          .addKeyValue("waitingFor", waitingFor)
          .addKeyValue("waitedSeconds", Duration.ofNanos(now - beganNanos).toSeconds())
          .addKeyValue("startupTimeout", config.startupTimeout())
          .addKeyValue("cause", cause)
          .log("The start waits for Kafka");
    }
  }
}
