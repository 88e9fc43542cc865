package dev.millrace.internal.operator;

import dev.millrace.connector.CircuitBreaker;
import dev.millrace.error.MillraceException;
import java.time.Duration;

/**
 * The circuit breaker of one sink in one worker: whether the system that the sink writes to
 * answers, as far as this worker knows.
 *
 * <pre>
 *   closed --failures--> open --wait--> probing --success--> closed
 *                          ^                |
 *                          +----failure-----+   (with twice the wait)
 * </pre>
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class Circuit {

  /** The exception for a sink whose system is down: the transaction has to be aborted. */
  public static final class Broken extends MillraceException {

    private static final long serialVersionUID = 1L;

    private final transient Circuit circuit;

    Broken(Circuit circuit, Exception cause) {
      super("Sink '" + circuit.sink + "' is not available: " + cause, cause);
      this.circuit = circuit;
    }

    /** {@return the circuit of the sink} */
    public Circuit circuit() {
      return circuit;
    }
  }

  private final String sink;
  private final CircuitBreaker breaker;
  private int failures;
  private Duration wait = Duration.ZERO;

  /** Creates a closed circuit. */
  public Circuit(String sink, CircuitBreaker breaker) {
    this.sink = sink;
    this.breaker = breaker;
  }

  /** {@return the name of the sink} */
  public String sink() {
    return sink;
  }

  /** {@return the exception that makes the worker abort and wait} */
  Broken broken(Exception cause) {
    return new Broken(this, cause);
  }

  /** {@return how long the worker has to wait after one more failure; zero if not at all yet} */
  public Duration failed() {
    failures++;
    if (!wait.isZero()) {
      Duration twice = wait.multipliedBy(2);
      wait = twice.compareTo(breaker.longestWait()) > 0 ? breaker.longestWait() : twice;
    } else if (failures >= breaker.failuresToOpen()) {
      wait = breaker.probeAfter();
    }
    return wait;
  }

  /** {@return failures since the last success} */
  public int failures() {
    return failures;
  }

  /** Notes that output reached the system. */
  void succeeded() {
    failures = 0;
    wait = Duration.ZERO;
  }
}
