package dev.millrace.internal.runtime;

import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.task.Proof;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The questions of other threads about the state of a worker's tasks, and their answers.
 *
 * <p>A task's committed rows are in the hands of its worker alone, partly in memory and partly in
 * the state store, so the worker reads them itself, between two turns. It reads them as they were
 * at its last commit, whatever the open transaction has done.
 *
 * <p>I1: an answer is of a state that a commit has shown to be the newest of the task after the
 * question came, or not longer before than the question permits. A worker that has lost a task
 * without knowing cannot make that commit. I2: that commit has had the task in it: of a task that
 * is opened later it shows nothing. I3: a question ends with an answer, with a refusal, or because
 * nobody waits for it any more.
 *
 * <p>If what is committed is not known to be recent enough, the question makes a commit due, of the
 * offsets alone if nothing has changed; {@link CommitPace#asked} keeps these from taking most of
 * the time. All questions that wait share it. A checkpoint makes it due at once.
 *
 * <p><b>Threads.</b> {@link #ask} is safe for any thread; all else is confined to the worker.
 */
final class Inquiries {

  /** How long answers may take in one turn; the next turn goes on. */
  private static final long MOST_NANOS_PER_TURN = 10_000_000;

  /** How long after a question another one is expected. */
  private static final long ATTENTION_NANOS = Duration.ofSeconds(5).toNanos();

  /** How long a worker that expects questions waits for records before it looks. */
  static final long LOOK_NANOS = 10_000_000;

  private static final Duration SOON = Duration.ofMillis(100);
  private static final Duration LATER = Duration.ofSeconds(1);

  private final StageSetup setup;
  private final RunningTasks tasks;
  private final Openings openings;
  private final CommitPace pace;
  private final Clock clock;
  private final Mailbox<Question<?>> mailbox = new Mailbox<>();
  private final List<Question<?>> waiting = new ArrayList<>();
  private long proofs;
  private boolean expected;
  private long lastCameNanos;

  Inquiries(StageSetup setup, RunningTasks tasks, Openings openings, CommitPace pace, Clock clock) {
    this.setup = setup;
    this.tasks = tasks;
    this.openings = openings;
    this.pace = pace;
    this.clock = clock;
  }

  /** Takes a question, or refuses it at once. */
  void ask(Question<?> question) {
    switch (mailbox.post(question)) {
      case TAKEN -> {}
      case FULL -> question.refuse(busy(question, Mailbox.MOST + " questions wait for it already"));
      case CLOSED -> question.refuse(stopped(question));
    }
  }

  /** Refuses all questions, those to come included. */
  void close() {
    mailbox.close().forEach(question -> question.refuse(stopped(question)));
    waiting.forEach(question -> question.refuse(stopped(question)));
    waiting.clear();
  }

  /** {@return whether there is any} */
  boolean areThere() {
    return !waiting.isEmpty() || !mailbox.isEmpty();
  }

  /** {@return whether more are to be expected, so that the worker should look soon} */
  boolean areExpected(long nowNanos) {
    expected &= nowNanos - lastCameNanos < ATTENTION_NANOS;
    return expected;
  }

  /**
   * Receives what has come, refuses what cannot be answered here, and makes a commit due if one is
   * needed; to be called before it is asked whether a commit is due.
   *
   * @param suspendedNanos for how long the worker does nothing because of a sink; 0 if it works
   */
  void receive(long suspendedNanos) {
    long now = clock.nanos();
    long nowMs = clock.wallMs();
    for (Question<?> question : mailbox.take()) {
      question.received(proofs);
      waiting.add(question);
      expected = true;
      lastCameNanos = now;
    }
    boolean needsCommit = false;
    boolean atOnce = false;
    Iterator<Question<?>> each = waiting.iterator();
    while (each.hasNext()) {
      Question<?> question = each.next();
      Task task = tasks.get(question.task());
      if (task != null) {
        boolean isOpen =
            !question.isDone() && !question.isSatisfiedBy(task.commits().proof(), now, nowMs);
        needsCommit |= isOpen;
        atOnce |= isOpen && question.urgency() == Question.Urgency.AT_ONCE;
      } else if (!openings.isReopening(question.task())) {
        question.refuse(notOpen(question));
      } else if (suspendedNanos > 0) {
        question.refuse(suspended(question, suspendedNanos));
      }
      if (question.isDone()) {
        each.remove();
      }
    }
    if (needsCommit) {
      pace.asked(now);
    }
    if (atOnce) {
      pace.hasten(now);
    }
  }

  /** Notes that a commit of all open tasks has succeeded, which began after a time. */
  void proved(long sinceNanos, long sinceWallMs) {
    proofs++;
    Proof proof = new Proof(proofs, sinceNanos, sinceWallMs);
    tasks.all().forEach(task -> task.commits().proved(proof));
  }

  /**
   * Answers what can be answered; the rest waits for the next turn.
   *
   * @throws dev.millrace.internal.state.DamagedStateException if a task's rows have to be restored
   */
  void answer() {
    long began = clock.nanos();
    long nowMs = clock.wallMs();
    Iterator<Question<?>> each = waiting.iterator();
    while (each.hasNext()) {
      Question<?> question = each.next();
      Task task = tasks.get(question.task());
      if (task == null) {
        continue; // The next turn decides what becomes of it.
      }
      long now = clock.nanos();
      if (now - began >= MOST_NANOS_PER_TURN) {
        return;
      }
      if (!question.isDone() && question.isSatisfiedBy(task.commits().proof(), now, nowMs)) {
        question.answer(() -> task.commits().committedState(clock));
      }
      if (question.isDone()) {
        each.remove();
      }
    }
  }

  // ------------------------------------------------------------------ refusals

  private StateUnavailableException notOpen(Question<?> question) {
    if (openings.numbers().contains(question.task())) {
      return refusal(
          question,
          "its state is being restored ("
              + openings.restoreRemaining()
              + " records of its changelog are left). Ask again in a while",
          Reason.RESTORING,
          openings.restoreRemaining() > 0 ? LATER : SOON);
    }
    return refusal(
        question,
        "it is not on this instance. Ask the others, or again in a while: it may be on its way",
        Reason.ELSEWHERE,
        SOON);
  }

  private StateUnavailableException busy(Question<?> question, String why) {
    return refusal(question, why + ". Ask again in a while", Reason.BUSY, SOON);
  }

  private StateUnavailableException suspended(Question<?> question, long nanos) {
    return refusal(
        question,
        "its worker waits until the system of a sink is back. Ask again in a while",
        Reason.BUSY,
        Duration.ofNanos(nanos));
  }

  private StateUnavailableException stopped(Question<?> question) {
    return refusal(
        question, "its worker has stopped. Ask the other instances", Reason.STOPPED, LATER);
  }

  private StateUnavailableException refusal(
      Question<?> question, String why, Reason reason, Duration retryAfter) {
    String stage = setup.stage().name();
    return new StateUnavailableException(
        "Cannot read the state of task " + question.task() + " of stage '" + stage + "': " + why,
        reason,
        Place.ofJob(setup.plan().job()).withStage(stage).withTask(question.task()),
        retryAfter);
  }
}
