package dev.millrace.internal.kafka;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The commits that a worker knows of by itself, from a point on at which all that it had ended was
 * ended everywhere.
 *
 * <p>Their first epoch has to be looked up. A look without an answer is repeated with a later
 * commit, from the next transaction on: a worker that starts just after its brokers would know
 * nothing for as long as it lives.
 *
 * <p><b>Threads.</b> Confined to the worker. Calls may wait for answers of the cluster.
 */
public final class OwnCommits {

  private static final long BETWEEN_LOOKS_NANOS = Duration.ofSeconds(1).toNanos();

  private final Supplier<KnownCommits> look;
  private final AuxiliaryCalls calls;
  private final Clock clock;
  private KnownCommits known = KnownCommits.NONE;
  private boolean unanswered;
  private long lookedNanos;

  /**
   * Creates them; none is known.
   *
   * @param look looks up the epoch of the worker's next transaction
   */
  public OwnCommits(Supplier<KnownCommits> look, AuxiliaryCalls calls, Clock clock) {
    this.look = look;
    this.calls = calls;
    this.clock = clock;
  }

  /** {@return those that are known} */
  public KnownCommits known() {
    return known;
  }

  /** Begins with the worker's next transaction; what was known before is not needed any more. */
  public void beginAnew() {
    Optional<KnownCommits> found = calls.ask("look up the epoch of the next transaction", look);
    known = found.orElse(KnownCommits.NONE);
    // Without the right to look there will never be an answer.
    unanswered = found.isEmpty() && calls.isUnsettled();
    lookedNanos = clock.nanos();
  }

  /** Notes that a transaction has committed. */
  public void committed() {
    known = known.another();
    // Where a producer has had its last epoch, what may lack an end by now cannot be helped: the
    // coordinator has forgotten it.
    if (known.areLastOfProducer() || isLookDue()) {
      beginAnew();
    }
  }

  private boolean isLookDue() {
    return unanswered && clock.nanos() - lookedNanos >= BETWEEN_LOOKS_NANOS;
  }
}
