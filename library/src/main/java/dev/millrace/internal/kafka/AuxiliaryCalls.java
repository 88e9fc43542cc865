package dev.millrace.internal.kafka;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls to the cluster that only help: without an answer the job runs on, just as correct, if less
 * well informed.
 *
 * <p>So none of them may stop a worker or an instance. What fails is logged, at once and then twice
 * a minute for as long as it keeps failing, and left to the next round. That holds for missing
 * rights too: they are named in the log, and whoever does not grant them goes without.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class AuxiliaryCalls {

  private static final Logger LOGGER = LoggerFactory.getLogger(AuxiliaryCalls.class);
  private static final long BETWEEN_LINES_NANOS = Duration.ofSeconds(30).toNanos();

  private final String caller;
  private final Clock clock;
  private final Map<String, Failing> failing = new HashMap<>();

  private record Failing(long loggedNanos, int unlogged) {}

  /**
   * Creates the calls of one caller.
   *
   * @param caller the worker or job, for the log
   */
  public AuxiliaryCalls(String caller, Clock clock) {
    this.caller = caller;
    this.clock = clock;
  }

  /**
   * Runs a call; returns whether it went through.
   *
   * @param purpose what it is for, one of a few fixed texts
   */
  public boolean run(String purpose, Runnable call) {
    return ask(
            purpose,
            () -> {
              call.run();
              return Boolean.TRUE;
            })
        .isPresent();
  }

  /**
   * {@return what a call answers; empty if it failed}
   *
   * @param purpose what it is for, one of a few fixed texts
   */
  public <T> Optional<T> ask(String purpose, Supplier<T> call) {
    try {
      T answer = call.get();
      failing.remove(purpose);
      return Optional.of(answer);
    } catch (RuntimeException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e; // Calling again would fail as fast, over and over.
      }
      log(purpose, e);
      return Optional.empty();
    }
  }

  private void log(String purpose, RuntimeException error) {
    long now = clock.nanos();
    Failing before = failing.get(purpose);
    if (before != null && now - before.loggedNanos() < BETWEEN_LINES_NANOS) {
      failing.put(purpose, new Failing(before.loggedNanos(), before.unlogged() + 1));
      return;
    }
    int unlogged = before == null ? 0 : before.unlogged();
    failing.put(purpose, new Failing(now, 0));
    LOGGER
        .atWarn()
        .addKeyValue("caller", caller)
        .addKeyValue("purpose", purpose)
        .addKeyValue("failuresSinceLastLine", unlogged)
        .addKeyValue("cause", KafkaErrors.text(error))
        .log("A call to Kafka that only helps has failed; the job goes on and tries again");
    LOGGER.atDebug().setCause(error).log("The call that failed");
  }
}
