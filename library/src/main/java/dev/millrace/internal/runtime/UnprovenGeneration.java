package dev.millrace.internal.runtime;

import dev.millrace.internal.stage.WorkerSetup;
import java.util.OptionalInt;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;

/**
 * The group's generation in which a worker that had no partitions was given its first ones, until a
 * commit in that generation proves that the group had not gone on without the worker by then.
 *
 * <p>Clients of the consumer protocol do not report a loss to a member that has nothing. So if the
 * group removes a member while its first assignment waits to be reported, that assignment is
 * reported all the same, and stays after the member has joined again: tasks may then be open whose
 * partitions another worker has had meanwhile, and brokers would accept their commits, which are in
 * the new generation. Those that are in another generation than this one are not to be made.
 *
 * <p>With the classic protocol, and under at-least-once, there is never one.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class UnprovenGeneration {

  private final Consumer<byte[], byte[]> consumer;
  private final boolean lossesMayGoUnreported;
  private OptionalInt generation = OptionalInt.empty();

  UnprovenGeneration(WorkerSetup worker, Consumer<byte[], byte[]> consumer) {
    this.consumer = consumer;
    this.lossesMayGoUnreported = worker.exactlyOnce() && !worker.cluster().reportsEveryLoss();
  }

  /** Notes the present generation: the worker had nothing, and is being given something. */
  void firstAssigned() {
    if (lossesMayGoUnreported) {
      generation = OptionalInt.of(consumer.groupMetadata().generationId());
    }
  }

  /** Notes the present generation if there is one: all tasks open again, from what is committed. */
  void startedAfresh() {
    if (generation.isPresent()) {
      firstAssigned();
    }
  }

  /** {@return whether there is one, which only a commit ends} */
  boolean isThere() {
    return generation.isPresent();
  }

  /** {@return whether there is one, and a commit would be in another} */
  boolean isOver(ConsumerGroupMetadata present) {
    return generation.isPresent() && generation.getAsInt() != present.generationId();
  }

  /** Notes that a commit has succeeded: from now on the client reports what the worker loses. */
  void proved() {
    generation = OptionalInt.empty();
  }
}
