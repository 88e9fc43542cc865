package dev.millrace.internal.task;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.failure.Cautions;
import dev.millrace.internal.failure.DeadLetters;
import dev.millrace.internal.failure.TaskFailures;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.async.Wakeup;
import dev.millrace.internal.progress.OwnerEpochs;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.restore.Agreement;
import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.LetterHeaders;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.store.StateStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The making of a worker's tasks (step A7): operators over restored rows, with the progress of the
 * last commit.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class TaskFactory {

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final StageShare share;
  private final String transactionalId;
  private final Sender sender;
  private final DeadLetters letters;
  private final StageMetrics metrics;
  private final List<ShuffleWriter> shuffles;
  private final Cautions cautions;
  private final BooleanSupplier stopping;
  private final Wakeup wakeup = new Wakeup();
  private final Map<String, Circuit> circuits = new HashMap<>();

  /**
   * Creates the factory of one worker.
   *
   * @param stopping whether the worker has been asked to stop
   */
  public TaskFactory(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Sender sender,
      DeadLetters letters,
      StageMetrics metrics,
      List<ShuffleWriter> shuffles,
      Cautions cautions,
      BooleanSupplier stopping) {
    this.setup = setup;
    this.worker = worker;
    this.share = share;
    this.transactionalId = transactionalId;
    this.sender = sender;
    this.letters = letters;
    this.metrics = metrics;
    this.shuffles = shuffles;
    this.cautions = cautions;
    this.stopping = stopping;
  }

  /** {@return what the tasks' calls ring when they are answered} */
  public Wakeup wakeup() {
    return wakeup;
  }

  /** {@return the rows of a task in its restored store; null for a task without a store} */
  public @Nullable TaskRows state(int partition, @Nullable StateStore store) {
    return store == null ? null : new TaskRows(setup, partition, store, worker.limits());
  }

  /**
   * {@return a running task}
   *
   * @param state its rows, if it has a changelog
   * @param frame its last commit frame, if it has any
   * @param positions where its inputs go on
   * @param before its progress in this worker before an abort, if there was one
   * @param room whether the open transaction has room for one more piece of work
   * @param hasBacklog whether there is more to fetch of a partition, as far as is known
   */
  public Task task(
      int partition,
      @Nullable TaskRows state,
      @Nullable CommitFrame frame,
      List<OffsetAndMetadata> positions,
      @Nullable TaskProgress before,
      FiringRoom room,
      Predicate<TopicPartition> hasBacklog) {
    SmallFrame small = frame == null ? smallFrame(positions) : null;
    TaskFailures failures =
        new TaskFailures(
            setup.plan().job(),
            LetterHeaders.life(setup.jobUuid(), setup.resetEpoch()),
            setup.stage().name(),
            letters,
            metrics,
            worker.clock(),
            stopping);
    TaskChain.Parts parts =
        new TaskChain.Parts(
            setup,
            partition,
            state,
            frame,
            progress(partition, frame, small, before),
            failures,
            shuffles,
            sender,
            metrics,
            worker.clock(),
            room,
            worker.limits().records(),
            worker.limits().overlay().cachedBytes() / 2,
            (sink, breaker) -> circuits.computeIfAbsent(sink, name -> new Circuit(name, breaker)),
            cautions,
            wakeup);
    long txnSeq = frame != null ? frame.txnSeq() : small != null ? small.txnSeq() : 0;
    byte[] sourcePosition =
        frame != null
            ? frame.sourcePosition()
            : small != null ? small.sourcePosition() : TaskInput.NO_POSITION;
    TaskChain chain = new TaskChain(parts);
    try {
      return new Task(parts, chain, transactionalId, positions, txnSeq, sourcePosition, hasBacklog);
    } catch (RuntimeException | Error e) {
      chain.abandon(Fate.ABORTED);
      throw e;
    }
  }

  /**
   * The small frame of a task without rows, or null at its first start. A task whose stage keeps a
   * changelog since its last commit has one too.
   */
  private static @Nullable SmallFrame smallFrame(List<OffsetAndMetadata> positions) {
    String metadata = positions.get(0).metadata();
    // Empty where a shuffle is read from its beginning, since the group's offset is gone.
    return !metadata.isEmpty()
            && SmallFrame.isIn(metadata)
            && !positions.get(0).equals(Agreement.MISSING)
        ? SmallFrame.decode(metadata)
        : null;
  }

  private static long lastEpoch(@Nullable CommitFrame frame, @Nullable SmallFrame small) {
    return frame != null ? frame.ownerEpoch() : small != null ? small.ownerEpoch() : -1;
  }

  /**
   * {@return whether a later run of the job has gone on with a task: this copy's run is over then,
   * and the task is not its own any more}
   */
  public boolean isOfLaterRun(@Nullable CommitFrame frame, List<OffsetAndMetadata> positions) {
    SmallFrame small = frame == null ? smallFrame(positions) : null;
    return OwnerEpochs.runOf(lastEpoch(frame, small)) > setup.runNumber();
  }

  private TaskProgress progress(
      int partition,
      @Nullable CommitFrame frame,
      @Nullable SmallFrame small,
      @Nullable TaskProgress before) {
    TaskProgress progress = new TaskProgress(setup, partition, share, worker.rhythm());
    long lastEpoch = lastEpoch(frame, small);
    // A task that a run begins with follows the end of the run before, and time begins anew.
    if (OwnerEpochs.runOf(lastEpoch) == setup.runNumber()) {
      if (frame != null) {
        progress.restore(
            frame.status(),
            frame.eventTimeWatermark(),
            frame.processingTimeWatermark(),
            frame.channelVectors());
      } else if (small != null) {
        progress.restore(
            small.status(),
            small.eventTimeWatermark(),
            small.processingTimeWatermark(),
            small.channelVectors());
      }
    }
    if (before != null) {
      progress.goOnAfter(before, worker.clock().nanos());
    }
    progress.own(OwnerEpochs.next(setup.runNumber(), lastEpoch, worker.clock().wallMs()));
    return progress;
  }
}
