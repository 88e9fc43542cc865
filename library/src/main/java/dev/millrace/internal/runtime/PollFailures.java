package dev.millrace.internal.runtime;

import dev.millrace.internal.kafka.AfterRefusal;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.kafka.RefusedCredentials;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.LogPace;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The errors that come out of a poll. Those that pass are waited out, since the next poll takes up
 * what this one was at.
 *
 * <p>Clients call again by themselves where they know that an error passes, and document whatever
 * they throw as unrecoverable. But some errors that pass get out. In kafka-clients 4.3.1, polls
 * throw
 *
 * <pre>
 *   RetriableException                an outage: no answer, or not yet
 *   UnknownMemberId, StaleMemberEpoch,
 *   IllegalGeneration,
 *   RebalanceInProgress               in doubt: the group went on without the member, which joins again
 *   KafkaException itself             in doubt: an answer that is not provided for, named in its text only
 *   AuthenticationException           refused: credentials, by a broker or whom it asks about them
 *   whatever else                     lasting: rights, versions, settings, positions;
 *                                     a place in the group that another has; damaged records; faults
 * </pre>
 *
 * <p>An answer that is not provided for is, for instance, that of a coordinator that is still
 * loading the group when it is to hand out assignments ("Unexpected error from SyncGroup"): all it
 * takes is a broker that goes between two requests of a rebalance. But so is that of a leader whose
 * records are damaged, which lasts. What is in doubt is therefore waited out only so many times
 * within a minute. Errors that end a membership for good under the consumer protocol come as the
 * broker's own, and last: there the consumer would be silent ever after.
 *
 * <p>Credentials that have let the worker in before may be refused for a while: the service that
 * brokers ask about them is away, or a certificate is just being replaced. Under the classic
 * protocol that is waited out for a minute; polls in between that go through prove nothing, since
 * they may not have needed the broker that refuses. Under the consumer protocol it ends the
 * membership, so that only a new process helps.
 *
 * <p>Nothing is lost by an error: a poll throws only if it has no records to return, and positions
 * stay where they are.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class PollFailures {

  private static final Logger LOGGER = LoggerFactory.getLogger(PollFailures.class);

  private static final int MOST_IN_DOUBT = 20;
  private static final long WINDOW_NANOS = Duration.ofSeconds(60).toNanos();
  private static final long LONGEST_PAUSE_MS = 250;
  private static final long MOST_REFUSED_NANOS = Duration.ofSeconds(60).toNanos();

  /** Refusals that are further apart are not of one time. */
  private static final long BETWEEN_REFUSALS_NANOS = Duration.ofSeconds(30).toNanos();

  /** The answers of a group that has gone on without the member, but for a place taken. */
  private static final Set<Class<? extends KafkaException>> ANSWERS_OF_A_REBALANCE =
      Set.of(
          IllegalGenerationException.class,
          RebalanceInProgressException.class,
          StaleMemberEpochException.class,
          UnknownMemberIdException.class);

  /** The kinds of errors, by their treatment. */
  enum Kind {
    OUTAGE,
    IN_DOUBT,
    REFUSED,
    LASTING;

    static Kind of(KafkaException error) {
      if (RefusedCredentials.of(error).isPresent()) {
        return REFUSED;
      }
      if (!KafkaErrors.mayPass(error)) {
        return LASTING;
      }
      for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
        if (at instanceof RetriableException && !(at instanceof CorruptRecordException)) {
          return OUTAGE;
        }
        if (ANSWERS_OF_A_REBALANCE.contains(at.getClass())) {
          return IN_DOUBT;
        }
        if (at.getClass() != KafkaException.class) {
          return LASTING;
        }
      }
      return IN_DOUBT;
    }
  }

  private final String transactionalId;
  private final AfterRefusal afterRefusal;
  private final Clock clock;
  private final LogPace pace = new LogPace();
  private final ArrayDeque<Long> inDoubt = new ArrayDeque<>();
  private int inARow;
  private @Nullable Long refusedSinceNanos;
  private long lastRefusedNanos;

  /**
   * Creates the errors of one worker.
   *
   * @param transactionalId the worker, for the log
   * @param afterRefusal what becomes of the consumer that polls
   */
  PollFailures(String transactionalId, AfterRefusal afterRefusal, Clock clock) {
    this.transactionalId = transactionalId;
    this.afterRefusal = afterRefusal;
    this.clock = clock;
  }

  /** Notes a poll that went through. */
  void passed() {
    inARow = 0;
  }

  /**
   * Waits a moment for an error to pass; longer, the more there were in a row.
   *
   * @throws KafkaException the error, if it does not pass
   */
  void waitOut(KafkaException error) {
    Kind kind = Kind.of(error);
    if (kind == Kind.LASTING
        || (kind == Kind.IN_DOUBT && areTooMany())
        || (kind == Kind.REFUSED && isRefusedForGood())) {
      throw error;
    }
    log(error);
    clock.sleepMs(Math.min(LONGEST_PAUSE_MS, 10L << Math.min(inARow, 5)));
    inARow++;
  }

  /**
   * Polls that go through do not make up for it: one partition that cannot be read lets them return
   * the records of others.
   */
  private boolean areTooMany() {
    long now = clock.nanos();
    inDoubt.addLast(now);
    while (now - inDoubt.getFirst() > WINDOW_NANOS) {
      inDoubt.removeFirst();
    }
    return inDoubt.size() > MOST_IN_DOUBT;
  }

  private boolean isRefusedForGood() {
    if (afterRefusal == AfterRefusal.IS_GONE) {
      return true;
    }
    long now = clock.nanos();
    Long since = refusedSinceNanos;
    if (since == null || now - lastRefusedNanos >= BETWEEN_REFUSALS_NANOS) {
      since = now;
    }
    refusedSinceNanos = since;
    lastRefusedNanos = now;
    return now - since >= MOST_REFUSED_NANOS;
  }

  private void log(KafkaException error) {
    LOGGER.atDebug().addKeyValue("worker", transactionalId).setCause(error).log("A poll failed");
    if (!pace.isDue(clock.nanos())) {
      return;
    }
    LOGGER
        .atWarn()
        .addKeyValue("worker", transactionalId)
        .addKeyValue("failuresSinceLastLine", pace.takeUnlogged())
        .addKeyValue("cause", KafkaErrors.text(error))
        .log("Kafka did not answer a poll as it should; the worker goes on and polls again");
  }
}
