package dev.millrace.internal.runtime;

import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.LogPace;
import java.util.Set;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The log of transactions that did not commit, written for those who operate the job: a group that
 * rebalances is an ordinary event, a cluster that does not answer is a warning.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class AbortLog {

  private static final Logger LOGGER = LoggerFactory.getLogger(AbortLog.class);

  /** The errors with which a group answers a member that it has rebalanced without. */
  private static final Set<Class<? extends Exception>> ANSWERS_OF_A_REBALANCE =
      Set.of(
          CommitFailedException.class,
          FencedInstanceIdException.class,
          IllegalGenerationException.class,
          RebalanceInProgressException.class,
          StaleMemberEpochException.class,
          UnknownMemberIdException.class);

  /** The kinds of reasons that a transaction is aborted for. */
  enum Reason {
    REBALANCE(Level.INFO, "Group rebalanced; the open transaction is replayed"),
    CLUSTER(Level.WARN, "Kafka did not commit the open transaction; it is replayed"),
    OTHER(Level.WARN, "The open transaction is aborted and replayed");

    private final Level level;
    private final String message;

    Reason(Level level, String message) {
      this.level = level;
      this.message = message;
    }

    static Reason of(Throwable cause) {
      Reason found = OTHER;
      for (@Nullable Throwable at = cause; at != null; at = at.getCause()) {
        if (ANSWERS_OF_A_REBALANCE.contains(at.getClass())) {
          return REBALANCE;
        }
        if (at instanceof RetriableException) {
          found = CLUSTER;
        }
      }
      return found;
    }
  }

  private final StageSetup setup;
  private final String transactionalId;
  private final Clock clock;
  private final LogPace pace = new LogPace();
  private @Nullable Reason lastReason;

  AbortLog(StageSetup setup, String transactionalId, Clock clock) {
    this.setup = setup;
    this.transactionalId = transactionalId;
    this.clock = clock;
  }

  /**
   * Reports a transaction that did not commit: at once if its reason differs from that of the last
   * one, otherwise at most twice a minute, since an outage aborts one transaction after the other.
   *
   * @param records how many input records the transaction had; they are processed again
   */
  void aborted(long records, RuntimeException cause) {
    LOGGER
        .atDebug()
        .addKeyValue("worker", transactionalId)
        .setCause(cause)
        .log("Cause of the abort");
    Reason reason = Reason.of(cause);
    if (reason != lastReason) {
      lastReason = reason;
      pace.logNextAtOnce();
    }
    if (!pace.isDue(clock.nanos())) {
      return;
    }
    LOGGER
        .atLevel(reason.level)
        .addKeyValue("job", setup.plan().job())
        .addKeyValue("stage", setup.stage().name())
        .addKeyValue("records", records)
        .addKeyValue("abortsSinceLastLine", pace.takeUnlogged())
        .addKeyValue("cause", reason == Reason.REBALANCE ? "rebalance" : cause.toString())
        .log(reason.message);
  }
}
