package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.task.Fate;
import dev.millrace.internal.util.Cleanup;
import java.time.Duration;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a worker: what it releases, in which order, and how it leaves its group.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class WorkerEnd {

  private static final Logger LOGGER = LoggerFactory.getLogger(WorkerEnd.class);

  private final String transactionalId;
  private final WorkerSerdes serdes;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final WorkerLife life;
  private final Inquiries inquiries;
  private final Assignment assignment;
  private final Openings openings;
  private final WorkerDisplay display;

  WorkerEnd(
      String transactionalId,
      WorkerSerdes serdes,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      WorkerParts parts) {
    this.transactionalId = transactionalId;
    this.serdes = serdes;
    this.consumer = consumer;
    this.sender = sender;
    this.life = parts.life();
    this.inquiries = parts.inquiries();
    this.assignment = parts.assignment();
    this.openings = parts.openings();
    this.display = parts.display();
  }

  /**
   * Releases everything as of the last commit, and leaves the group.
   *
   * @param failure what stopped the worker, if anything did
   */
  void end(Departure departure, @Nullable Throwable failure) {
    display.closes();
    inquiries.close();
    try {
      leave(departure, failure);
    } finally {
      life.gone();
      serdes.close();
    }
  }

  private void leave(Departure departure, @Nullable Throwable failure) {
    Fate fate = life.fate();
    life.leaves();
    // What user code fails with as its task is released must not leave clients and stores open.
    Cleanup cleanup = new Cleanup();
    cleanup.step(() -> assignment.abandonAll(fate));
    cleanup.step(this::abort);
    cleanup.step(sender::close);
    cleanup.step(() -> departure.awaitDeparture(failure));
    cleanup.step(this::closeConsumer);
    cleanup.step(openings::closeStores);
    cleanup.step(display::clear);
    cleanup.throwIfFailed();
  }

  private void abort() {
    try {
      // Left open, a transaction would hold up all readers until the broker times it out.
      sender.abort();
    } catch (RuntimeException e) {
      LOGGER.atWarn().addKeyValue("worker", transactionalId).setCause(e).log("Could not abort");
    }
  }

  /**
   * Closes the consumer, which is out of its group then. It is given no time: it would wait until
   * brokers answer its last fetches, which they hold back while there are no records.
   */
  private void closeConsumer() {
    // A static member was removed together with the others of its instance. If they left one by
    // one, each would wait for rebalances in which the others, closing too, take no part any more.
    if (consumer.groupMetadata().groupInstanceId().isEmpty()) {
      leaveGroup();
    }
    consumer.close(
        CloseOptions.timeout(Duration.ZERO)
            .withGroupMembershipOperation(GroupMembershipOperation.REMAIN_IN_GROUP));
  }

  /** Leaves the group as a dynamic member, and waits for the answer of the coordinator alone. */
  private void leaveGroup() {
    try {
      consumer.unsubscribe();
    } catch (KafkaException e) {
      // What the member failed with before, such as a missing right. Its session expires, or has.
      LOGGER
          .atWarn()
          .addKeyValue("worker", transactionalId)
          .setCause(e)
          .log("A worker did not leave its group in good order");
    }
  }

  /** Releases what only this process can hold, and sends nothing. */
  void vanish() {
    life.gone();
    inquiries.close();
    openings.dropStores();
    serdes.close();
  }

  /** Closes clients and serdes, of which none has been used. */
  void discard() {
    life.gone();
    serdes.close();
    sender.close();
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }
}
