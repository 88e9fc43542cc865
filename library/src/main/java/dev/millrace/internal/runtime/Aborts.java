package dev.millrace.internal.runtime;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.commit.UndeliveredException;
import dev.millrace.internal.kafka.Topics;
import java.util.List;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * What a worker makes of transactions that did not commit: how often in a row, how long to wait
 * before it tries again, and when to give up.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Aborts {

  private static final int MAX_ABORTS_IN_A_ROW = 20;

  private final StageSetup setup;
  private final Topics topics;
  private int inARow;

  Aborts(StageSetup setup, Topics topics) {
    this.setup = setup;
    this.topics = topics;
  }

  void add() {
    inARow++;
  }

  void committed() {
    inARow = 0;
  }

  int inARow() {
    return inARow;
  }

  /** {@return how long to wait before the next attempt} */
  long pauseMs() {
    return Math.min(1_000, 10L << Math.min(inARow, 6));
  }

  /** Throws if the cause would come back every time, or has come back often enough. */
  void throwIfHopeless(RuntimeException cause) {
    if (cause instanceof UndeliveredException undelivered) {
      String topic = undelivered.topic();
      if (undelivered.getCause() instanceof RecordTooLargeException) {
        throw new RecordException(
            "Cannot write to topic "
                + topic
                + " from stage '"
                + setup.stage().name()
                + "': the broker takes no record of that size ("
                + undelivered.getCause().getMessage()
                + "). Raise max.message.bytes of the topic, or make the results smaller",
            cause);
      }
      if (isMissing(topic)) {
        throw new ConfigurationException(
            "Cannot write to topic "
                + topic
                + " from stage '"
                + setup.stage().name()
                + "': there is no such topic. Create it, and start again",
            cause);
      }
    }
    // A cluster that does not answer for a while is no reason to give up.
    boolean mayPass =
        cause instanceof RetriableException || cause.getCause() instanceof RetriableException;
    if (inARow > MAX_ABORTS_IN_A_ROW && !mayPass) {
      throw cause;
    }
  }

  private boolean isMissing(String topic) {
    try {
      return topics.describe(List.of(topic)).isEmpty();
    } catch (KafkaUnreachableException e) {
      return false;
    }
  }
}
