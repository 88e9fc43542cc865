package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.InDoubtException;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/**
 * The loop of a worker, of which this is one round:
 *
 * <pre>
 *   poll -> queue by task -> process each queue for a slice -> clocks and watermarks -> commit when due
 * </pre>
 *
 * <p>{@link Intake} is the first of these; {@link TaskTurns}, {@link TaskClocks} and {@link
 * Transactions} are the last three. What of it is left out in which phase is part of {@link
 * WorkerLife.Phase}.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class WorkerLoop {

  private final StageSetup setup;
  private final Duration waitForTables;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final WorkerLife life;
  private final Intake intake;
  private final Assignment assignment;
  private final Pauses pauses;
  private final Inquiries inquiries;
  private final Transactions transactions;
  private final OpenCalls calls;
  private final TaskTurns turns;
  private final TimesAmidTransaction times;
  private final WorkerRoom room;
  private final TaskClocks clocks;
  private final Rebalances rebalances;
  private final WorkerDisplay display;
  private final WorkerTime time;
  private final Clock clock;

  WorkerLoop(
      StageSetup setup,
      WorkerSetup worker,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      WorkerParts parts) {
    this.setup = setup;
    this.waitForTables = worker.rhythm().tables();
    this.consumer = consumer;
    this.sender = sender;
    this.life = parts.life();
    this.intake = parts.intake();
    this.assignment = parts.assignment();
    this.pauses = parts.pauses();
    this.inquiries = parts.inquiries();
    this.transactions = parts.transactions();
    this.calls = parts.calls();
    this.turns = parts.turns();
    this.times = parts.times();
    this.room = parts.room();
    this.clocks = parts.clocks();
    this.rebalances = parts.rebalances();
    this.display = parts.display();
    this.time = parts.time();
    this.clock = worker.clock();
  }

  /** Begins, and joins the group if the worker can look up what it has to. */
  void begin() {
    time.begin(clock.nanos());
    joinIfLoaded();
  }

  /** Joins the group as soon as it can look up what it has to: others have the tasks until then. */
  private void joinIfLoaded() {
    if (setup.tables().awaitLoaded(waitForTables)) {
      consumer.subscribe(setup.inputs().stream().map(StageSetup.Input::topic).toList(), rebalances);
      life.joined();
    }
  }

  /** One round; returns whether there was anything to do in it. */
  boolean turn() {
    display.roundBegins();
    if (life.isOutside()) {
      receiveQuestions();
      joinIfLoaded();
      time.waitedUntil(clock.nanos());
      return !life.isOutside();
    }
    ConsumerRecords<byte[], byte[]> records = intake.poll();
    assignment.accept(records);
    boolean worked = !records.isEmpty();
    receiveQuestions();
    if (!transactions.isSuspended()) {
      try {
        worked |= work();
      } catch (Circuit.Broken e) {
        transactions.sinkIsDown(e);
      } catch (InDoubtException e) {
        transactions.repeat(e);
      } catch (DamagedStateException e) {
        transactions.stateIsDamaged(e);
      }
    }
    if (!worked) {
      sender.settle();
    }
    pauses.update(intake.isHeld());
    answerQuestions();
    if (!life.isStarted() && !assignment.isOpening()) {
      life.openedAll();
    }
    long now = clock.nanos();
    time.turnEnded(now);
    display.publish(now);
    return worked;
  }

  private void receiveQuestions() {
    if (inquiries.areThere()) {
      inquiries.receive(transactions.nanosSuspended());
    }
  }

  private void answerQuestions() {
    if (!inquiries.areThere()) {
      return;
    }
    try {
      inquiries.answer();
    } catch (DamagedStateException e) {
      transactions.stateIsDamaged(e);
    }
  }

  private boolean work() {
    assignment.openTasks();
    calls.pump();
    boolean worked = calls.areUnderWay();
    if (!life.isCommitting()) {
      if (!intake.holdsTasks()) {
        worked |= turns.take();
        times.passOn();
      }
      room.beginFiring(); // Timers have their own time, or a backlog would keep it from them.
      clocks.look();
    }
    if (transactions.isCommitDue()) {
      transactions.commit();
      worked = true;
    }
    return worked;
  }
}
