package dev.millrace.internal.task;

import dev.millrace.internal.input.InputChoice;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.time.SourceProgress;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One task while it runs: its input partitions, operators, rows, positions and times.
 *
 * <p>A task exists from the moment its state is restored until its partition is released or its
 * worker has to start afresh from what was committed; a task cannot undo anything by itself.
 * Everything it does between two commits becomes visible with the second, or is forgotten together
 * with the task.
 *
 * <p><b>Threads.</b> Confined to its worker.
 */
public final class Task {

  private final StageSetup setup;
  private final int partition;
  private final @Nullable TaskRows state;
  private final TaskProgress progress;
  private final TaskChain chain;
  private final InputQueues inputs;
  private final TaskLife life;
  private final TaskCommits commits;
  private final RowFigures figures;
  private final BacklogWait backlogWait = new BacklogWait();
  private boolean waiting;
  private boolean aheadOfOthers;
  private boolean standingRowsAreGone;

  /**
   * Creates a running task.
   *
   * @param positions the committed offsets of its inputs
   * @param sourcePosition the committed position inside a split
   * @param hasBacklog whether there is more to fetch of a partition, as far as is known
   */
  Task(
      TaskChain.Parts parts,
      TaskChain chain,
      String transactionalId,
      List<OffsetAndMetadata> positions,
      long txnSeq,
      byte[] sourcePosition,
      Predicate<TopicPartition> hasBacklog) {
    this.setup = parts.setup();
    this.partition = parts.partition();
    this.state = parts.state();
    this.progress = parts.progress();
    this.chain = chain;
    this.inputs = new InputQueues(parts, chain, positions, sourcePosition, hasBacklog);
    this.life = new TaskLife(progress.isFinished());
    this.commits = new TaskCommits(parts, chain, inputs, life, transactionalId, txnSeq);
    this.figures = new RowFigures(state);
  }

  public int partition() {
    return partition;
  }

  public TaskProgress progress() {
    return progress;
  }

  /** {@return what the task has in its worker's transactions, and what these leave of it} */
  public TaskCommits commits() {
    return commits;
  }

  /** {@return the figures of its rows, all zero if it has none} */
  public RowFigures figures() {
    return figures;
  }

  public TopicPartition[] partitions() {
    return inputs.partitions();
  }

  /**
   * Takes what the consumer fetched for one of the task's partitions.
   *
   * @param next where the consumer goes on, which may be further than the last record
   */
  public void accept(
      TopicPartition from, List<ConsumerRecord<byte[], byte[]>> records, OffsetAndMetadata next) {
    inputs.accept(from, records, next);
  }

  /**
   * {@return whether the consumer should fetch nothing more of a partition for now}
   *
   * <p>Inputs that have nothing queued are fetched while others have, so that these can be merged.
   */
  public boolean wantsPause(TopicPartition partition) {
    return !readsOn(partition) || !chain.takesMore();
  }

  /** {@return whether the task reads more of a partition now, or when calls have ended} */
  public boolean readsOn(TopicPartition partition) {
    return life.isReading() && !aheadOfOthers && !inputs.has(partition);
  }

  /** Makes the task wait for other partitions of its source, or continue. */
  public void align(SourceAlignment.Waiting decision) {
    aheadOfOthers = decision == SourceAlignment.Waiting.YES;
  }

  /** {@return whether the task waits for other partitions of its source} */
  public SourceAlignment.Waiting waiting() {
    return aheadOfOthers ? SourceAlignment.Waiting.YES : SourceAlignment.Waiting.NO;
  }

  /** {@return the waiting of the task for others of its source that have a backlog} */
  public BacklogWait backlogWait() {
    return backlogWait;
  }

  /** {@return whether there is more to read of its source right now} */
  public boolean isBehind() {
    return !life.isFinished() && (inputs.records() > 0 || inputs.haveBacklog());
  }

  /** {@return how many records of an input were fetched and not processed yet} */
  public long unprocessed(int input) {
    return inputs.unprocessed(input);
  }

  /** {@return whether the source reported that it has nothing to read at present} */
  public boolean isWaiting() {
    return waiting;
  }

  /** {@return whether there is work that can be done right now} */
  public boolean hasWork() {
    return !waiting
        && !life.isFinished()
        && (life.isFiring() || (!aheadOfOthers && inputs.records() > 0 && !inputs.isWaiting()))
        && chain.takesMore();
  }

  /**
   * Processes what is queued for as long as the slice lasts.
   *
   * @param wallMs the clock's reading for all of the slice
   * @return whether anything was done that has to be committed
   */
  public boolean process(Slice slice, long wallMs) {
    return process(slice, wallMs, false);
  }

  /**
   * Processes what is queued of those inputs that are in the middle of a sender's transaction, and
   * nothing else, until none of them is or the slice is over.
   */
  public void processRest(Slice slice, long wallMs) {
    if (isAmidTransaction()) {
      boolean ignored = process(slice, wallMs, true);
    }
  }

  private boolean process(Slice slice, long wallMs, boolean rest) {
    waiting = false;
    if (life.isFinished()) {
      return false;
    }
    boolean worked = false;
    if (life.isFiring() && chain.takesMore()) {
      // Also if this completes the record: its position is to be cleared together with the results.
      commits.markChanged();
      fire();
      worked = true;
    }
    int input = rest ? nextAmidTransaction() : nextInput();
    while (input != InputChoice.NONE && slice.goesOn()) {
      if (!processFirst(input, wallMs)) {
        break;
      }
      worked = true;
      input = rest ? nextAmidTransaction() : nextInput();
    }
    if (worked) {
      noteFired();
    }
    return worked;
  }

  private int nextInput() {
    if (life.isFiring() || aheadOfOthers || backlogWait.isOn() || !chain.takesMore()) {
      return InputChoice.NONE;
    }
    return inputs.next();
  }

  private int nextAmidTransaction() {
    return life.isFiring() || !chain.takesMore() ? InputChoice.NONE : inputs.nextAmidTransaction();
  }

  /** {@return whether a part of what some sender's transaction emitted has been taken up} */
  public boolean isAmidTransaction() {
    return inputs.isAmidTransaction();
  }

  /**
   * {@return whether more of such a transaction is fetched, or can be, as far as is known; not
   * while something fires, which may want room that only a commit makes}
   */
  public boolean isRestThere() {
    return !life.isFiring() && inputs.isRestThere();
  }

  /** {@return whether more of such a transaction can be processed right now} */
  public boolean hasRest() {
    return nextAmidTransaction() != InputChoice.NONE;
  }

  /** Processes the first record of an input, or a part of it; returns whether anything was done. */
  private boolean processFirst(int input, long wallMs) {
    TaskInput.Outcome outcome = inputs.process(input, wallMs);
    if (outcome == null || outcome == TaskInput.Outcome.LATER) {
      waiting = outcome != null;
      return false;
    }
    commits.markChanged();
    chain.pump();
    if (chain.isKeyed()) {
      fire();
    }
    return true;
  }

  private void noteFired() {
    if (!life.isFiring()) {
      noteStandingRows();
      progress.fired();
    }
  }

  /** Positions count, not records: what stood there may have been compacted or truncated. */
  private void noteStandingRows() {
    if (hasNewlyReadStandingRows()) {
      progress.hasReadStandingRows();
    }
  }

  private boolean hasNewlyReadStandingRows() {
    return progress.isLoading()
        && setup.stage().isSource()
        && (standingRowsAreGone || inputs.positions().havePassedStandingRows());
  }

  /** {@return whether it is a source of which more has to be read that stood there at the start} */
  public boolean awaitsStandingRows() {
    return progress.isLoading()
        && setup.stage().isSource()
        && !inputs.positions().havePassedStandingRows();
  }

  /** Notes that the source ends where the task has come to, earlier than it did at the start. */
  public void standingRowsAreGone() {
    standingRowsAreGone = true;
  }

  private void fire() {
    boolean all = chain.fire(progress.eventTime(), progress.processingTime());
    life.fired(all);
    if (!all) {
      commits.markChanged();
    }
  }

  /** The limit on how long a task may go on before its worker continues its loop. */
  public interface Slice {
    boolean goesOn();
  }

  /**
   * Checks positions and clocks: a source may become idle, a bounded input may have ended.
   *
   * @param caughtUp whether the consumer has read all there is
   * @param nowNanos for a task that reads a shuffle, the time that {@code caughtUp} refers to
   * @return whether there is something new to commit
   */
  public boolean check(SourceProgress caughtUp, long wallMs, long nowNanos) {
    if (!life.isReading()) {
      return false;
    }
    boolean news = progress.check(caughtUp, wallMs, nowNanos);
    news |= hasNewlyReadStandingRows();
    if (news && chain.isKeyed()) {
      // Time has gone on without a frame: what is due fires with the next turn, in parts if need
      // be.
      life.timeWentOn();
      return true;
    }
    if (chain.isKeyed() && chain.takesMore()) {
      news |= tick(wallMs);
    }
    if (inputs.records() == 0
        && !chain.hasOpenCalls()
        && progress.levels().isLevel()
        && hasEnded()) {
      finish();
      news = true;
    }
    if (news) {
      noteFired();
      commits.markChanged();
    }
    return news;
  }

  /** {@return whether something may become due by the clock alone} */
  public boolean looksAtClock() {
    return chain.looksAtClock();
  }

  private boolean tick(long wallMs) {
    ClockOutcome outcome = chain.onClock(wallMs);
    // What did not fit is continued in the next turn, after a commit.
    return outcome != ClockOutcome.NOTHING;
  }

  /** {@return whether everything that was fetched has been processed} */
  public boolean isQueueEmpty() {
    return inputs.records() == 0 && !life.isFiring();
  }

  /**
   * Moves past control and aborted records, which carry offsets but no data; returns whether there
   * were any after the last record.
   */
  public boolean movePastGaps() {
    boolean moved = inputs.movePastGaps();
    // The frame must agree with the group's offset, even if nothing else has changed.
    if (moved) {
      commits.markChanged();
    }
    return moved;
  }

  /** Continues at another position of an input of which nothing is queued. */
  public void jumpTo(TopicPartition from, OffsetAndMetadata position) {
    if (inputs.jumpTo(from, position)) {
      commits.markChanged();
    }
  }

  /** Splits have an end in any run, since there will never be more of them. */
  private boolean hasEnded() {
    if (!setup.stage().isSource()) {
      return progress.inputsFinished();
    }
    if (!setup.untilEnd() && !setup.readsSplits()) {
      return false;
    }
    return inputs.positions().haveReachedEnds();
  }

  private void finish() {
    chain.endOfInput();
    progress.finish();
    life.finish();
  }

  /** {@return whether it can process more; false while it has too many calls under way} */
  public boolean takesMore() {
    return chain.takesMore();
  }

  /** {@return whether calls of user functions are under way} */
  public boolean hasOpenCalls() {
    return chain.hasOpenCalls();
  }

  /** Emits the results of calls that were answered. */
  public void pump() {
    chain.pump();
  }

  /** {@return how long until a call times out or is to be repeated} */
  public long nanosUntilCallDue(long nowNanos) {
    return chain.nanosUntilCallDue(nowNanos);
  }

  /** {@return the offset of the next record of each input} */
  public long[] positions() {
    return inputs.positions().next();
  }

  /** {@return by how many offsets an input has moved since the last commit, at most} */
  public long uncommitted() {
    return inputs.positions().uncommitted();
  }

  /** {@return how long an idle split source should not be polled; empty if there is work} */
  public OptionalInt idleMs() {
    return waiting ? OptionalInt.of(10) : OptionalInt.empty();
  }

  /**
   * Releases the task as of its last commit; its store stays open, with all committed rows if the
   * disk accepts them.
   */
  public void abandon(Fate fate) {
    chain.abandon(fate);
    inputs.close();
    if (state != null) {
      state.writeBackIfPossible();
    }
  }
}
