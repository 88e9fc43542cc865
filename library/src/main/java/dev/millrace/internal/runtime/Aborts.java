package dev.millrace.internal.runtime;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.NoProgressException;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.internal.commit.UndeliveredException;
import dev.millrace.internal.failure.DeadLetters;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.kafka.Topics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * The count of a worker's transactions in a row that did not commit: it decides how long to wait
 * before the next attempt, and when the worker has to stop.
 *
 * <p>Transactions that failed because Kafka did not answer are repeated without limit: a long
 * outage must not use up the attempts that other failures are allowed. Those others have to last,
 * too: a coordinator on its way to another broker, or a broker that has just started, may refuse
 * twenty commits in ten seconds, and take the next one.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Aborts {

  private static final int MAX_ABORTS_IN_A_ROW = 20;

  /** How long transactions have to be refused for the worker to stop. */
  private static final long GIVE_UP_NANOS = Duration.ofSeconds(60).toNanos();

  private final StageSetup setup;
  private final Topics topics;
  private final AuxiliaryCalls calls;
  private final DeadLetters letters;
  private final Clock clock;
  private int inARow;
  private long firstInARowNanos;
  private int outagesInARow;

  Aborts(StageSetup setup, Topics topics, AuxiliaryCalls calls, DeadLetters letters, Clock clock) {
    this.setup = setup;
    this.topics = topics;
    this.calls = calls;
    this.letters = letters;
    this.clock = clock;
  }

  void add(RuntimeException cause) {
    if (KafkaErrors.isOutage(cause)) {
      outagesInARow++;
    } else {
      if (inARow == 0) {
        firstInARowNanos = clock.nanos();
      }
      inARow++;
    }
  }

  void committed() {
    inARow = 0;
    outagesInARow = 0;
  }

  /** {@return how many transactions in a row were aborted, outages left out} */
  int inARow() {
    return inARow;
  }

  /** {@return how long to wait before the next attempt} */
  long pauseMs() {
    return Math.min(1_000, 10L << Math.min(inARow + outagesInARow, 6));
  }

  /**
   * Throws if the next attempt would fail for the same cause, or if too many in a row have failed.
   */
  void throwIfHopeless(RuntimeException cause) {
    if (KafkaErrors.missingRight(cause).isPresent()) {
      throw cause;
    }
    if (cause instanceof UndeliveredException undelivered) {
      String topic = undelivered.topic();
      if (undelivered.getCause() instanceof RecordTooLargeException) {
        if (topic.equals(letters.topic()) && letters.shrink()) {
          return;
        }
        throw new RecordException(
            "Cannot write to topic "
                + topic
                + " from stage '"
                + setup.stage().name()
                + "': the broker takes no record of that size ("
                + undelivered.getCause().getMessage()
                + "). Raise max.message.bytes of the topic, or make the results smaller",
            Place.ofStage(setup.stage().name()).withTopic(topic),
            cause);
      }
      if (isMissing(topic)) {
        throw new ConfigurationException(
            "Cannot write to topic "
                + topic
                + " from stage '"
                + setup.stage().name()
                + "': there is no such topic. Create it, and start again",
            Place.ofStage(setup.stage().name()).withTopic(topic),
            cause);
      }
    }
    if (inARow > MAX_ABORTS_IN_A_ROW && clock.nanos() - firstInARowNanos >= GIVE_UP_NANOS) {
      throw new NoProgressException(
          "Cannot go on with stage '"
              + setup.stage().name()
              + "' of job '"
              + setup.plan().job()
              + "': its last "
              + inARow
              + " transactions did not commit, the last one because of: "
              + KafkaErrors.text(cause)
              + ". Nothing is lost. Remove the cause and start again; if it is that the group went"
              + " on without the worker, its records take too long: raise"
              + " kafka.consumer.max.poll.interval.ms",
          setup.stage().name(),
          cause);
    }
  }

  private boolean isMissing(String topic) {
    return calls
        .ask("look for the topic of a failed write", () -> topics.describe(List.of(topic)))
        .map(Map::isEmpty)
        .orElse(false);
  }
}
