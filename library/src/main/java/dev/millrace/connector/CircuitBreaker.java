package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.Arguments;
import java.time.Duration;

/**
 * The reaction of a job to a sink whose system is down: wait and try again, instead of failing
 * record by record.
 *
 * <p><b>Contract.</b> A failure is a {@link dev.millrace.error.SinkUnavailableException} from the
 * writer, an {@link java.io.IOException} from it, or any exception from opening it and from its
 * {@code prepare}, {@code commit} and {@code endOfInput} (but Millrace's own exceptions, which stop
 * the job). Any other exception of {@code write} is the record's and goes to the error policy.
 *
 * <p>After a failure the transaction is aborted and its input is processed again, with a new
 * writer. After {@code failuresToOpen} failures in a row the circuit opens: the worker closes its
 * writers, reads nothing, stays in its group, and tries again after {@code probeAfter}. If that
 * fails too, the wait doubles, up to {@code longestWait}; the first transaction that commits with
 * output to the sink closes the circuit. Nothing is lost, and nothing repeats beyond what the sink
 * does when transactions are aborted.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Example.</b> {@code CircuitBreaker.after(3, Duration.ofSeconds(1))}
 *
 * @param failuresToOpen failures in a row that open the circuit, one or more
 * @param probeAfter the wait before the first probe
 * @param longestWait the longest wait between two probes
 * @see WriterSink#circuitBreaker()
 */
public record CircuitBreaker(int failuresToOpen, Duration probeAfter, Duration longestWait) {

  /** Checks the ranges. */
  public CircuitBreaker {
    String cannot = "Cannot make a circuit breaker";
    Arguments.positiveMs(cannot, "first wait", probeAfter);
    Arguments.positiveMs(cannot, "longest wait", longestWait);
    if (failuresToOpen < 1 || longestWait.compareTo(probeAfter) < 0) {
      throw new ConfigurationException(
          cannot
              + ": it takes one failure or more and a longest wait not below the first ("
              + failuresToOpen
              + " failures, first wait "
              + probeAfter
              + ", longest wait "
              + longestWait
              + "). Correct the numbers");
    }
  }

  /**
   * {@return a breaker whose wait doubles up to a minute}
   *
   * @param failures failures in a row that open the circuit, one or more
   * @param probeAfter the wait before the first probe, at least 1 ms
   */
  public static CircuitBreaker after(int failures, Duration probeAfter) {
    Arguments.given("Cannot make a circuit breaker", "first wait", probeAfter);
    Duration minute = Duration.ofMinutes(1);
    return new CircuitBreaker(
        failures, probeAfter, probeAfter.compareTo(minute) > 0 ? probeAfter : minute);
  }
}
