package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitBeats;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.failure.Cautions;
import dev.millrace.internal.failure.DeadLetters;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.restore.Fencer;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.TaskFactory;
import dev.millrace.internal.task.TransactionSize;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * The parts of a worker, and how they are put together: which of them know which others.
 *
 * <p><b>Threads.</b> The record is immutable; each of its parts documents which threads may use it.
 */
record WorkerParts(
    WorkerLife life,
    StageMetrics metrics,
    WorkerTime time,
    OwnedPartitions owned,
    Pauses pauses,
    Openings openings,
    Assignment assignment,
    Inquiries inquiries,
    Transactions transactions,
    Intake intake,
    TaskTurns turns,
    WorkerRoom room,
    TaskClocks clocks,
    OpenCalls calls,
    Rebalances rebalances,
    WorkerDisplay display) {

  /** {@return the parts of a worker around its clients} */
  static WorkerParts of(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Fencer fencer,
      FinishLine finishLine,
      Duration minCommitInterval) {
    Clock clock = worker.clock();
    WorkerSetup.Limits limits = worker.limits();
    WorkerLife life = new WorkerLife();
    StageMetrics metrics = new StageMetrics();
    WorkerTime time = new WorkerTime(metrics);
    TransactionSize size = new TransactionSize();
    AuxiliaryCalls auxiliary = new AuxiliaryCalls(transactionalId, clock);
    Duration longestInterval =
        limits.longestInterval(OpenCalls.longest(setup.stage()).orElse(Duration.ZERO));

    // What tasks write to.
    // Without transactions a repetition would write again what is already written.
    Cautions cautions = new Cautions(worker.exactlyOnce() ? Caution::new : Caution::always);
    List<ShuffleWriter> shuffles =
        shuffles(setup, worker, share, transactionalId, sender, metrics, cautions);
    DeadLetters letters = new DeadLetters(worker.deadLetterTopic(), sender, limits.records());
    TaskFactory factory =
        new TaskFactory(
            setup,
            worker,
            share,
            transactionalId,
            sender,
            letters,
            metrics,
            shuffles,
            cautions,
            life::isToStop);

    // The tasks, and how they come and go.
    RunningTasks tasks = new RunningTasks();
    WorkerRoom room = new WorkerRoom(limits, sender, tasks, size, metrics, clock);
    OwnedPartitions owned = new OwnedPartitions(setup, share.tasks());
    Pauses pauses = new Pauses(consumer, owned, tasks);
    Openings openings =
        new Openings(
            setup,
            worker,
            share,
            transactionalId,
            consumer,
            fencer,
            auxiliary,
            metrics,
            factory,
            owned,
            tasks,
            room,
            pauses);
    Assignment assignment = new Assignment(setup, share, consumer, owned, tasks, pauses, openings);
    OpenCalls calls = new OpenCalls(setup, tasks, factory.wakeup(), clock);

    // The transactions.
    UnprovenGeneration unproven = new UnprovenGeneration(worker, consumer);
    CommitPoint point =
        new CommitPoint(
            tasks::areAmidTransaction,
            tasks::isRestThere,
            room::isLeftForRest,
            size,
            CommitPoint.longest(longestInterval, limits.commitDeadline()),
            life,
            clock);
    CommitRound round =
        new CommitRound(
            setup,
            consumer,
            sender,
            tasks,
            shuffles,
            finishLine,
            unproven,
            life,
            metrics.histogram(Measure.RECORD_LATENCY),
            clock);
    CommitPace pace =
        new CommitPace(
            limits.commitInterval().toNanos(),
            longestInterval.toNanos(),
            minCommitInterval.toNanos(),
            new OpenResults(setup, worker, share, sender, tasks, shuffles, unproven),
            new CommitBeats(
                setup.jobUuid(), limits.commitInterval(), limits.commitIntervalMax(), clock));
    // A commit waits for all calls that are under way, and keeps further records from being called.
    CaughtUp caughtUp =
        new CaughtUp(
            () -> tasks.haveWork() || (calls.areUnderWay() && tasks.haveQueued()),
            calls::areUnderWay,
            pauses::unfetched,
            () -> pace.perShortestInterval(size.pieces(), clock.nanos()));
    Inquiries inquiries = new Inquiries(setup, tasks, openings, pace, clock);
    Transactions transactions =
        new Transactions(
            setup,
            worker,
            transactionalId,
            sender,
            assignment,
            tasks,
            room,
            shuffles,
            cautions,
            metrics,
            size,
            pace,
            caughtUp,
            point,
            round,
            calls,
            unproven,
            inquiries,
            new Aborts(setup, worker.cluster().topics(), auxiliary, letters, clock),
            time,
            life);

    // The loop.
    Intake intake =
        new Intake(
            setup,
            worker,
            transactionalId,
            consumer,
            sender,
            assignment,
            tasks,
            pauses,
            transactions,
            pace,
            caughtUp,
            calls,
            time,
            life,
            inquiries);
    TaskTurns turns = new TaskTurns(tasks, room, life, pace, point, size, metrics, share, clock);
    TaskClocks clocks =
        new TaskClocks(setup, worker, share, consumer, auxiliary, tasks, intake, pace);
    Rebalances rebalances =
        new Rebalances(sender, assignment, tasks, transactions, intake, unproven, life);
    WorkerDisplay display =
        new WorkerDisplay(
            worker.rhythm(),
            new WorkerPhases(life, () -> !openings.numbers().isEmpty(), intake::isHeld, clock),
            new TaskViews(setup, worker.rhythm(), consumer, tasks, openings, intake, pace),
            new WorkerGauges(worker.rhythm(), setup.stage(), tasks, metrics),
            clock);
    return new WorkerParts(
        life,
        metrics,
        time,
        owned,
        pauses,
        openings,
        assignment,
        inquiries,
        transactions,
        intake,
        turns,
        room,
        clocks,
        calls,
        rebalances,
        display);
  }

  private static List<ShuffleWriter> shuffles(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Sender sender,
      StageMetrics metrics,
      Cautions cautions) {
    OptionalInt number =
        worker.exactlyOnce()
            ? OptionalInt.of(ShuffleWriter.number(transactionalId))
            : OptionalInt.empty();
    int combiners = (int) setup.outputs().stream().filter(ShuffleWriter::combines).count();
    WorkerSetup.Limits limits = worker.limits().shared(combiners);
    return setup.outputs().stream()
        .map(
            output ->
                new ShuffleWriter(
                    output,
                    share.tasks(),
                    number,
                    sender,
                    metrics,
                    limits,
                    cautions.of("shuffle " + output.edge().topic())))
        .toList();
  }
}
