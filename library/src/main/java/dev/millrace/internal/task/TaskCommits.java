package dev.millrace.internal.task;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.PreparedOutput;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.stage.Histogram;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.util.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The share of a task in the transactions of its worker: rows and commit frame, offsets, the
 * announcement of its end, and the proof that the commit was made by the task's owner.
 *
 * <p>The worker calls, for each commit: {@link #begin}, {@link #send}, {@link #addOffsets}, and
 * once the transaction has committed {@link #measureLatency}, {@link #committed}, and {@link
 * #proved} if its offsets are committed too.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TaskCommits {

  private final StageSetup setup;
  private final int partition;
  private final String transactionalId;
  private final @Nullable TaskRows state;
  private final TaskProgress progress;
  private final TaskChain chain;
  private final InputQueues inputs;
  private final TaskLife life;

  private long txnSeq;
  private boolean changed = true;

  /** Whether a sink wants the commit. */
  private boolean wanted;

  /** What shows that the task's last commit made its newest state; null if nothing does. */
  private @Nullable Proof proof;

  /** The watermarks of its inputs at that commit. */
  private long committedEventTime;

  private long committedProcessingTime;

  /**
   * Creates those of a task that begins to run.
   *
   * @param txnSeq the number of its last transaction, 0 if there was none
   */
  TaskCommits(
      TaskChain.Parts parts,
      TaskChain chain,
      InputQueues inputs,
      TaskLife life,
      String transactionalId,
      long txnSeq) {
    this.setup = parts.setup();
    this.partition = parts.partition();
    this.transactionalId = transactionalId;
    this.state = parts.state();
    this.progress = parts.progress();
    this.chain = chain;
    this.inputs = inputs;
    this.life = life;
    this.txnSeq = txnSeq;
  }

  /** {@return whether a sink wants a commit although there is nothing else to commit} */
  public boolean wantsCommit(long wallMs) {
    if (!chain.wantsCommit(wallMs)) {
      return false;
    }
    changed = true;
    wanted = true;
    return true;
  }

  /** {@return whether a commit would show anything of the task besides what was sent} */
  public boolean hasResults(long nowNanos) {
    return wanted || life.isEndPending() || progress.awaitsCommit(nowNanos) || chain.hasResults();
  }

  /** Makes the next commit write the task's frame. */
  public void markChanged() {
    changed = true;
  }

  /** Emits what was held back until the commit. */
  public void begin() {
    chain.beforeCommit();
  }

  /** Sends the task's rows and frame, if anything changed. */
  public void send(Sender sender) {
    if (!changed) {
      return;
    }
    txnSeq++;
    TaskRows rows = state;
    List<PreparedOutput> prepared = chain.prepare();
    if (rows == null) {
      return;
    }
    rows.send(
        new CommitFrame(
            CommitFrame.FORMAT,
            setup.jobUuid(),
            setup.resetEpoch(),
            setup.stage().name(),
            partition,
            txnSeq,
            progress.ownerEpoch(),
            transactionalId,
            inputs.positions().framed(),
            progress.vectors(),
            progress.outputEventTime(),
            progress.outputProcessingTime(),
            progress.status(),
            inputs.sourcePosition(),
            prepared),
        sender);
  }

  /** Adds the task's offsets, which are part of every transaction of its worker. */
  public void addOffsets(Map<TopicPartition, OffsetAndMetadata> offsets) {
    String first = state == null ? smallFrame() : SmallFrame.IN_CHANGELOG;
    String others = state == null ? SmallFrame.NONE : SmallFrame.IN_CHANGELOG;
    TopicPartition[] partitions = inputs.partitions();
    for (int i = 0; i < partitions.length; i++) {
      offsets.put(partitions[i], inputs.positions().committable(i, i == 0 ? first : others));
    }
  }

  private String smallFrame() {
    return new SmallFrame(
            progress.status(),
            progress.outputEventTime(),
            progress.outputProcessingTime(),
            txnSeq,
            progress.ownerEpoch(),
            inputs.sourcePosition(),
            progress.vectors())
        .encode();
  }

  /** {@return whether the transaction that is being committed has changes of this task's rows} */
  public boolean hasChangedRows() {
    return changed && state != null;
  }

  /**
   * Notes that the transaction committed.
   *
   * @param checkpoint the changelog's position after the task's rows; empty for a task without rows
   */
  public void committed(Optional<Checkpoint> checkpoint) {
    // Until its offsets are committed too, nothing shows that this is the newest state.
    proof = null;
    // The meaning of rows may depend on these, see StateForm.Slices.
    committedEventTime = progress.eventTime();
    committedProcessingTime = progress.processingTime();
    if (!changed) {
      return;
    }
    changed = false;
    TaskRows rows = state;
    if (rows != null && checkpoint.isPresent()) {
      rows.committed(checkpoint.get());
    }
    chain.committed();
    inputs.positions().committed();
    wanted = false;
    // What follows other operators in the task may go on to where these are.
    boolean timeMayGoOn = progress.committed();
    life.committed();
    if (timeMayGoOn) {
      life.timeWentOn();
    }
  }

  /** {@return the number of the task's last transaction} */
  public long txnSeq() {
    return txnSeq;
  }

  /** Notes that the task's last commit made its newest state. */
  public void proved(Proof by) {
    proof = by;
  }

  /**
   * {@return what shows that the task's last commit made its newest state; null before the first
   * commit, and if the offsets could not be committed after it}
   */
  public @Nullable Proof proof() {
    return proof;
  }

  /** {@return the task as of its last commit, which must have been proved} */
  public CommittedTask committedState(Clock clock) {
    return new CommittedTask(
        state,
        new CommittedPosition(txnSeq, inputs.positions().lastCommitted()),
        Objects.requireNonNull(proof, "the task's last commit is not proved").wallMs(),
        committedEventTime,
        committedProcessingTime,
        clock);
  }

  /**
   * {@return whether the task has finished and its output is published, but its end is not
   * announced}
   */
  public boolean mayAnnounceFinish() {
    return life.isAnnouncementDue();
  }

  /** Notes that the end was announced. */
  public void finishAnnounced() {
    life.announced();
  }

  /** Counts how old input was that is committed now; to be called before {@link #committed}. */
  public void measureLatency(Histogram latency, long wallMs) {
    inputs.measureLatency(latency, wallMs);
  }
}
