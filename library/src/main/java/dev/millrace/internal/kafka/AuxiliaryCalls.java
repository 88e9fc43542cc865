package dev.millrace.internal.kafka;

import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.LogPace;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls to the cluster that only help: without an answer the job continues, just as correct, if
 * less well informed.
 *
 * <p>So none of them may stop a worker or an instance. A failure is logged, at once and then twice
 * a minute for as long as the call keeps failing, and the call is left to the next round. That
 * holds for missing rights too: the log names them, and without them the job does without the
 * answer.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class AuxiliaryCalls {

  private static final Logger LOGGER = LoggerFactory.getLogger(AuxiliaryCalls.class);

  private final String caller;
  private final Clock clock;
  private final Map<String, LogPace> failing = new HashMap<>();
  private boolean cutOff;
  private boolean unsettled;

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
   * {@return the answer of a call; empty if it failed}
   *
   * @param purpose what it is for, one of a few fixed texts
   */
  public <T> Optional<T> ask(String purpose, Supplier<T> call) {
    cutOff = false;
    unsettled = false;
    try {
      T answer = call.get();
      failing.remove(purpose);
      return Optional.of(answer);
    } catch (RuntimeException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e; // Calling again would only fail at once, over and over.
      }
      cutOff = isUnanswered(e);
      unsettled = cutOff || KafkaErrors.mayPass(e);
      log(purpose, e);
      return Optional.empty();
    }
  }

  /**
   * {@return whether the last call was not answered, so that the next one would only wait as long}
   */
  public boolean isCutOff() {
    return cutOff;
  }

  /**
   * {@return whether the last call failed with what may pass, so that a later one may be answered}
   */
  public boolean isUnsettled() {
    return unsettled;
  }

  private static boolean isUnanswered(Throwable error) {
    for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof TimeoutException || at instanceof KafkaUnreachableException) {
        return true;
      }
    }
    return false;
  }

  private void log(String purpose, RuntimeException error) {
    LogPace pace = failing.computeIfAbsent(purpose, each -> new LogPace());
    if (!pace.isDue(clock.nanos())) {
      return;
    }
    LOGGER
        .atWarn()
        .addKeyValue("caller", caller)
        .addKeyValue("purpose", purpose)
        .addKeyValue("failuresSinceLastLine", pace.takeUnlogged())
        .addKeyValue("cause", KafkaErrors.text(error))
        .log("A call to Kafka that only helps has failed; the job goes on and tries again");
    LOGGER.atDebug().setCause(error).log("The call that failed");
  }
}
