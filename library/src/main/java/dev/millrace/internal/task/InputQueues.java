package dev.millrace.internal.task;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.input.InputAges;
import dev.millrace.internal.input.InputChoice;
import dev.millrace.internal.input.InputPositions;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.stage.Histogram;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.time.TimeDomain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inputs of a task: what was fetched of each partition and is not processed yet, which of it is
 * next, and how far each input is read.
 *
 * <p>Whether anything is to be processed at all is decided by the {@link Task}.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class InputQueues {

  private static final Logger LOGGER = LoggerFactory.getLogger(InputQueues.class);

  private final TaskInput[] inputs;
  private final TopicPartition[] partitions;
  private final InputPositions positions;
  private final InputAges ages;
  private final Predicate<TopicPartition> hasBacklog;
  private final List<ArrayDeque<ConsumerRecord<byte[], byte[]>>> queues = new ArrayList<>();

  /** Which input is read next; null if there is only one. */
  private final @Nullable InputChoice choice;

  /**
   * Creates the inputs of a task, with nothing fetched.
   *
   * @param positions the committed offsets of its inputs
   * @param sourcePosition the committed position inside a split
   * @param hasBacklog whether there is more to fetch of a partition, as far as is known
   */
  InputQueues(
      TaskChain.Parts parts,
      TaskChain chain,
      List<OffsetAndMetadata> positions,
      byte[] sourcePosition,
      Predicate<TopicPartition> hasBacklog) {
    StageSetup setup = parts.setup();
    TaskProgress progress = parts.progress();
    int count = setup.inputs().size();
    this.inputs = new TaskInput[count];
    this.partitions = new TopicPartition[count];
    this.positions = new InputPositions(setup, parts.partition(), positions);
    this.ages = new InputAges(count);
    this.hasBacklog = hasBacklog;
    for (int i = 0; i < count; i++) {
      StageSetup.Input input = setup.inputs().get(i);
      inputs[i] = input(i, input.input(), sourcePosition, parts, chain);
      partitions[i] = new TopicPartition(input.topic(), parts.partition());
      queues.add(new ArrayDeque<>());
    }
    this.choice =
        count == 1
            ? null
            : new InputChoice(
                queues,
                progress::awaitsTables,
                number -> hasBacklog.test(partitions[number]),
                number -> progress.time(TimeDomain.EVENT, number),
                parts.clock());
  }

  private static TaskInput input(
      int number, StageInput input, byte[] sourcePosition, TaskChain.Parts parts, TaskChain chain) {
    if (input instanceof StageInput.Kafka kafka) {
      return new TaskInput.OfKafka(kafka, parts, chain.head(number).values());
    }
    if (input instanceof StageInput.Splits splits) {
      return new TaskInput.OfSplits(splits, sourcePosition, parts, chain.head(number).values());
    }
    return new TaskInput.OfFrames(number, parts, chain.head(number));
  }

  TopicPartition[] partitions() {
    return partitions;
  }

  InputPositions positions() {
    return positions;
  }

  /** {@return the position inside a split, for the task's frame} */
  byte[] sourcePosition() {
    return inputs[0].position();
  }

  // ------------------------------------------------------------------ what is fetched

  /**
   * Takes what the consumer fetched of a partition.
   *
   * @param next where the consumer goes on, which may be further than the last record
   */
  void accept(
      TopicPartition from, List<ConsumerRecord<byte[], byte[]>> records, OffsetAndMetadata next) {
    for (int i = 0; i < partitions.length; i++) {
      if (partitions[i].equals(from)) {
        queues.get(i).addAll(records);
        ages.fetched(i, records);
        positions.fetched(i, next);
      }
    }
  }

  /** {@return whether anything of a partition waits to be processed} */
  boolean has(TopicPartition partition) {
    for (int i = 0; i < partitions.length; i++) {
      if (partitions[i].equals(partition)) {
        return !queues.get(i).isEmpty();
      }
    }
    return false;
  }

  /** {@return how many records wait to be processed} */
  int records() {
    int count = 0;
    for (ArrayDeque<ConsumerRecord<byte[], byte[]>> queue : queues) {
      count += queue.size();
    }
    return count;
  }

  /** {@return whether there is more to fetch of the first input, as far as is known} */
  boolean haveBacklog() {
    return hasBacklog.test(partitions[0]);
  }

  /** {@return how many offsets of an input were fetched and not processed yet} */
  long unprocessed(int input) {
    ConsumerRecord<byte[], byte[]> last = queues.get(input).peekLast();
    return last == null ? 0 : last.offset() + 1 - positions.next(input);
  }

  // ------------------------------------------------------------------ what is next

  /** {@return whether what is queued of one input waits for what is fetched of another} */
  boolean isWaiting() {
    return choice != null && choice.isWaiting();
  }

  /** {@return the input to read next, or {@link InputChoice#NONE}} */
  int next() {
    InputChoice among = choice;
    if (among != null) {
      return among.next();
    }
    return queues.get(0).isEmpty() ? InputChoice.NONE : 0;
  }

  /**
   * {@return an input of which a part of a sender's transaction was processed and the next is here,
   * or {@link InputChoice#NONE}; the order in time is no promise, so it does not matter here}
   */
  int nextAmidTransaction() {
    for (int i = 0; i < inputs.length; i++) {
      if (inputs[i].isAmidTransaction() && !queues.get(i).isEmpty()) {
        return i;
      }
    }
    return InputChoice.NONE;
  }

  /** {@return whether a part of what some sender's transaction emitted has been taken up} */
  boolean isAmidTransaction() {
    for (TaskInput input : inputs) {
      if (input.isAmidTransaction()) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether more of such a transaction is fetched, or can be, as far as is known} */
  boolean isRestThere() {
    for (int i = 0; i < inputs.length; i++) {
      if (inputs[i].isAmidTransaction()
          && (!queues.get(i).isEmpty() || hasBacklog.test(partitions[i]))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Processes the first record of an input, or a part of it; if it is after the input's end, drops
   * all that is there, and returns null.
   */
  TaskInput.@Nullable Outcome process(int input, long wallMs) {
    ArrayDeque<ConsumerRecord<byte[], byte[]>> queue = queues.get(input);
    ConsumerRecord<byte[], byte[]> record = queue.getFirst();
    if (positions.isAfterEnd(input, record.offset())) {
      queue.clear();
      return null;
    }
    inputs[input].prepare(queue);
    TaskInput.Outcome outcome = inputs[input].process(record, wallMs);
    if (outcome == TaskInput.Outcome.DONE) {
      queue.removeFirst();
      positions.processed(input, record);
    }
    return outcome;
  }

  // ------------------------------------------------------------------ positions

  /**
   * Moves past control and aborted records, which carry offsets but no data; returns whether there
   * were any after the last record.
   */
  boolean movePastGaps() {
    boolean moved = false;
    for (int i = 0; i < partitions.length; i++) {
      moved |= positions.movePastGap(i);
    }
    return moved;
  }

  /**
   * Continues at another position of an input of which nothing is queued; returns whether it is one
   * of these.
   */
  boolean jumpTo(TopicPartition from, OffsetAndMetadata position) {
    boolean known = false;
    for (int i = 0; i < partitions.length; i++) {
      if (partitions[i].equals(from)) {
        positions.jumpTo(i, position);
        known = true;
      }
    }
    return known;
  }

  /** Counts how old input was that is committed now: see {@link InputAges}. */
  void measureLatency(Histogram latency, long wallMs) {
    for (int i = 0; i < inputs.length; i++) {
      if (positions.hasMoved(i) && !(inputs[i] instanceof TaskInput.OfSplits)) {
        ages.committed(i, queues.get(i).peekFirst(), latency, wallMs);
      }
    }
  }

  /** Closes the inputs, as well as that can be done. */
  void close() {
    for (TaskInput input : inputs) {
      try {
        input.close();
      } catch (MillraceException e) {
        LOGGER.atDebug().setCause(e).log("An input did not close in good order");
      }
    }
  }
}
