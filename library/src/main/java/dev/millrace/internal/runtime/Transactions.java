package dev.millrace.internal.runtime;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.CommitResult;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.failure.Cautions;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.InDoubtException;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.task.Fate;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.task.TransactionSize;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transactions of a worker: one at a time covers all of its tasks, and if it does not commit,
 * all of them start afresh from what is committed: positions, rows, operators. There is no other
 * way to undo, hence no other way to get it wrong.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Transactions {

  private static final Logger LOGGER = LoggerFactory.getLogger(Transactions.class);

  /** An interval takes one, the wait for the rest of a sender's transaction another. */
  private static final int PARTS_OF_TIMEOUT = 3;

  private static final int MAX_DISK_FAILURES_IN_A_ROW = 3;

  private final WorkerSetup worker;
  private final String transactionalId;
  private final Sender sender;
  private final Assignment assignment;
  private final RunningTasks tasks;
  private final WorkerRoom room;
  private final List<ShuffleWriter> shuffles;
  private final Cautions cautions;
  private final StageMetrics metrics;
  private final TransactionSize size;
  private final CommitPace pace;
  private final Supplier<CommitPace.Backlog> caughtUp;
  private final CommitPoint point;
  private final CommitRound round;
  private final OpenCalls calls;
  private final UnprovenGeneration unproven;
  private final Inquiries inquiries;
  private final Aborts aborts;
  private final AbortLog abortLog;
  private final TransactionFigures figures;
  private final WorkerTime time;
  private final WorkerLife life;
  private final Clock clock;

  /** To be read while work is suspended. */
  private long suspendedUntilNanos;

  Transactions(
      StageSetup setup,
      WorkerSetup worker,
      String transactionalId,
      Sender sender,
      Assignment assignment,
      RunningTasks tasks,
      WorkerRoom room,
      List<ShuffleWriter> shuffles,
      Cautions cautions,
      StageMetrics metrics,
      TransactionSize size,
      CommitPace pace,
      Supplier<CommitPace.Backlog> caughtUp,
      CommitPoint point,
      CommitRound round,
      OpenCalls calls,
      UnprovenGeneration unproven,
      Inquiries inquiries,
      Aborts aborts,
      WorkerTime time,
      WorkerLife life) {
    this.worker = worker;
    this.transactionalId = transactionalId;
    this.sender = sender;
    this.assignment = assignment;
    this.tasks = tasks;
    this.room = room;
    this.shuffles = shuffles;
    this.cautions = cautions;
    this.metrics = metrics;
    this.size = size;
    this.pace = pace;
    this.caughtUp = caughtUp;
    this.point = point;
    this.round = round;
    this.calls = calls;
    this.unproven = unproven;
    this.inquiries = inquiries;
    this.aborts = aborts;
    this.abortLog = new AbortLog(setup, transactionalId, worker.clock());
    this.figures = new TransactionFigures(metrics);
    this.time = time;
    this.life = life;
    this.clock = worker.clock();
  }

  /** {@return whether it is time to commit, or to go on with a commit that has begun} */
  boolean isCommitDue() {
    return life.isCommitting()
        || point.isReached(() -> pace.isDue(clock.nanos(), caughtUp) || !room.isLeft());
  }

  /**
   * {@return how long a commit goes on waiting for the rest of a sender's transaction if nothing
   * comes, in nanoseconds}
   */
  long nanosAwaitingRest() {
    return point.nanosLeft();
  }

  /**
   * Commits everything since the last commit, or makes all tasks start afresh; while calls are
   * under way, it only begins the round, which continues with the next turns.
   */
  void commit() {
    try {
      commitOrStartAfresh();
    } catch (Circuit.Broken e) {
      sinkIsDown(e);
    } catch (InDoubtException e) {
      repeat(e);
    } catch (DamagedStateException e) {
      stateIsDamaged(e);
    }
  }

  /**
   * Commits what there is to commit as if it were due, and waits for calls, but not for ever;
   * returns whether it did. It does not where the commit has to wait for the rest of what a
   * sender's transaction emitted: then that comes with later turns.
   */
  boolean commitPending() {
    if (!isAnythingPending()) {
      return false;
    }
    pace.hasten(clock.nanos());
    if (!life.isCommitting() && point.mustWait()) {
      return false;
    }
    commitNow();
    return true;
  }

  /**
   * Commits what there is to commit before tasks are released, and waits for calls, but not for
   * ever; returns whether nothing is left uncommitted. Amid a sender's transaction it does nothing:
   * to repeat the work since the last commit costs less than to wait, or to show a part of it.
   */
  boolean commitLast() {
    if (!isAnythingPending()) {
      return true;
    }
    if (!life.isCommitting() && point.isBetterLater()) {
      return false;
    }
    commitNow();
    return true;
  }

  private boolean isAnythingPending() {
    return pace.isPending() && !tasks.isEmpty();
  }

  private void commitNow() {
    commit();
    long begun = clock.nanos();
    while (life.isCommitting()) {
      long left = worker.limits().shutdown().toNanos() - (clock.nanos() - begun);
      if (left <= 0) {
        sender.abort();
        startAfresh(new TimeoutException("Calls of user functions did not end in time"));
        return;
      }
      calls.await(Duration.ofNanos(left));
      try {
        calls.pump();
      } catch (Circuit.Broken e) {
        sinkIsDown(e);
        return;
      } catch (InDoubtException e) {
        repeat(e);
        return;
      } catch (DamagedStateException e) {
        stateIsDamaged(e);
        return;
      }
      commit();
    }
  }

  private void commitOrStartAfresh() {
    if (tasks.isEmpty()) {
      sender.abort();
      pace.aborted();
      life.startsAfresh();
      time.commitEnded(clock.nanos());
      return;
    }
    CommitResult result;
    try {
      round.begin();
      time.commitBegun(round.begunNanos());
      if (calls.areUnderWay()) {
        return;
      }
      result = round.commit();
    } catch (StateStoreException e) {
      if (life.fate() == Fate.UNKNOWN || aborts.inARow() >= MAX_DISK_FAILURES_IN_A_ROW) {
        throw e;
      }
      // A worker that was suspended and lost a task may find that the new owner has removed its
      // files.
      sender.abort();
      startAfresh(e);
      return;
    }
    if (!(result instanceof CommitResult.Committed)) {
      figures.commitFailed();
    }
    if (result instanceof CommitResult.Aborted aborted) {
      startAfresh(aborted.cause());
      return;
    }
    if (result instanceof CommitResult.Unknown unknown) {
      startAfresh(unknown.cause());
      return;
    }
    size.committed();
    if (tasks.areAmidTransaction()) {
      figures.divided();
    }
    aborts.committed();
    cautions.committed();
    long now = clock.nanos();
    // The wait for calls is part of a commit's cost, so that commits do not take most of the time.
    long took = now - round.begunNanos();
    time.commitEnded(now);
    figures.committed(took, round.sentBytes(), clock.wallMs());
    pace.committed(now, took);
    for (Task task : tasks.all()) {
      if (task.commits().mayAnnounceFinish()) {
        pace.workDone(clock.nanos());
      }
    }
    acknowledge();
  }

  /** Commits offsets under at-least-once, where they come last; a failure may only repeat work. */
  private void acknowledge() {
    try {
      round.acknowledge();
      inquiries.proved(round.checkedSinceNanos(), round.checkedSinceMs());
    } catch (RebalanceInProgressException e) {
      pace.workDone(clock.nanos());
    } catch (KafkaException e) {
      if (!KafkaErrors.mayPass(e)) {
        throw e;
      }
      startAfresh(e);
    }
  }

  /** Discards all work since the last commit: every task goes back to what is committed. */
  void startAfresh(RuntimeException cause) {
    long timeoutNanos = worker.limits().commitDeadline().toNanos();
    if (pace.nanosPending(clock.nanos()) >= timeoutNanos) {
      size.outlasted(timeoutNanos / PARTS_OF_TIMEOUT);
    }
    aborts.add(cause);
    abortLog.aborted(size.pieces(), cause);
    aborts.throwIfHopeless(cause);
    reopenTasks();
    rest(aborts.pauseMs());
  }

  private void rest(long millis) {
    clock.sleepMs(millis);
    time.waited(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private void reopenTasks() {
    time.commitEnded(clock.nanos());
    figures.aborted();
    size.aborted();
    pace.aborted();
    shuffles.forEach(ShuffleWriter::abort);
    assignment.reopen(life.fate());
    unproven.startedAfresh();
    life.startsAfresh();
  }

  /** Aborts because tasks are released in the midst of work that is not to be shown in part. */
  void leaveUndone() {
    sender.abort();
    reopenTasks();
    LOGGER
        .atDebug()
        .addKeyValue("worker", transactionalId)
        .log("Tasks are released in the middle of a transaction; its work is repeated");
  }

  /** Aborts because of an aggregate, whose records the next attempt processes in another way. */
  void repeat(InDoubtException cause) {
    sender.abort();
    reopenTasks();
    LOGGER
        .atInfo()
        .addKeyValue("worker", transactionalId)
        .addKeyValue("reason", cause.getMessage())
        .addKeyValue("cause", String.valueOf(cause.getCause()))
        .log("A transaction is repeated");
  }

  /**
   * Aborts because the rows of a task cannot be read or written any more: when the tasks open
   * again, its state comes from the changelog.
   */
  void stateIsDamaged(DamagedStateException cause) {
    sender.abort();
    startAfresh(cause);
  }

  /**
   * Aborts because a sink's system failed; if that keeps happening, work is suspended for a while.
   */
  void sinkIsDown(Circuit.Broken cause) {
    sender.abort();
    size.failed();
    reopenTasks();
    Circuit circuit = cause.circuit();
    Duration wait = circuit.failed();
    if (wait.isZero()) {
      rest(Math.min(1_000, 10L << Math.min(circuit.failures(), 6)));
    } else {
      metrics.counter(Measure.CIRCUIT_OPENINGS).add(1);
      life.suspend();
      suspendedUntilNanos = clock.nanos() + wait.toNanos();
    }
    LOGGER
        .atWarn()
        .addKeyValue("worker", transactionalId)
        .addKeyValue("sink", circuit.sink())
        .addKeyValue("failures", circuit.failures())
        .addKeyValue("waitMs", wait.toMillis())
        .addKeyValue("cause", cause.getMessage())
        .log("A sink's system is down; its input waits");
  }

  /** {@return whether work is suspended because of a sink, which ends with its time} */
  boolean isSuspended() {
    if (life.isSuspended() && clock.nanos() - suspendedUntilNanos >= 0) {
      life.resume();
    }
    return life.isSuspended();
  }

  /**
   * {@return for how long work is still suspended because of a sink, in nanoseconds; 0 if it is
   * not}
   */
  long nanosSuspended() {
    return life.isSuspended() ? Math.max(0, suspendedUntilNanos - clock.nanos()) : 0;
  }
}
