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
import dev.millrace.internal.stage.Rhythm;
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
 * The parts of a worker, and how they are put together: which of them know which others. They are
 * made in five steps, each of which knows those before it: the ground of all, what tasks write to,
 * the tasks, the transactions, and the loop.
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
    TimesAmidTransaction times,
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
    Ground ground = Ground.of(setup, worker, share, transactionalId, consumer, sender);
    Outputs outputs = Outputs.of(ground);
    Tasks tasks = Tasks.of(ground, outputs, fencer);
    Commits commits = Commits.of(ground, outputs, tasks, finishLine, minCommitInterval);
    TimesAmidTransaction times =
        new TimesAmidTransaction(setup, tasks.running(), outputs.shuffles());
    return whole(ground, tasks, commits, times);
  }

  /** The basis of all parts. */
  private record Ground(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Clock clock,
      WorkerLife life,
      StageMetrics metrics,
      WorkerTime time,
      TransactionSize size,
      AuxiliaryCalls auxiliary) {

    static Ground of(
        StageSetup setup,
        WorkerSetup worker,
        StageShare share,
        String transactionalId,
        Consumer<byte[], byte[]> consumer,
        Sender sender) {
      Clock clock = worker.clock();
      StageMetrics metrics = new StageMetrics();
      return new Ground(
          setup,
          worker,
          share,
          transactionalId,
          consumer,
          sender,
          clock,
          new WorkerLife(),
          metrics,
          new WorkerTime(metrics),
          new TransactionSize(),
          new AuxiliaryCalls(transactionalId, clock));
    }

    WorkerSetup.Limits limits() {
      return worker.limits();
    }
  }

  /** The outputs of tasks, and the factory of the tasks. */
  private record Outputs(
      Cautions cautions, List<ShuffleWriter> shuffles, DeadLetters letters, TaskFactory factory) {

    static Outputs of(Ground ground) {
      WorkerSetup worker = ground.worker();
      // Without transactions a repetition would write again what is already written.
      Cautions cautions = new Cautions(worker.exactlyOnce() ? Caution::new : Caution::always);
      List<ShuffleWriter> shuffles = writers(ground, cautions);
      DeadLetters letters =
          new DeadLetters(worker.deadLetterTopic(), ground.sender(), ground.limits().records());
      TaskFactory factory =
          new TaskFactory(
              ground.setup(),
              worker,
              ground.share(),
              ground.transactionalId(),
              ground.sender(),
              letters,
              ground.metrics(),
              shuffles,
              cautions,
              ground.life()::isToStop);
      return new Outputs(cautions, shuffles, letters, factory);
    }

    private static List<ShuffleWriter> writers(Ground ground, Cautions cautions) {
      StageSetup setup = ground.setup();
      OptionalInt number =
          ground.worker().exactlyOnce()
              ? OptionalInt.of(ShuffleWriter.number(ground.transactionalId()))
              : OptionalInt.empty();
      int combiners = (int) setup.outputs().stream().filter(ShuffleWriter::combines).count();
      WorkerSetup.Limits limits = ground.limits().shared(combiners);
      return setup.outputs().stream()
          .map(
              output ->
                  new ShuffleWriter(
                      output,
                      ground.share().tasks(),
                      number,
                      ground.sender(),
                      ground.metrics(),
                      limits,
                      cautions.of("shuffle " + output.edge().topic())))
          .toList();
    }
  }

  /** The tasks, and how they come and go. */
  private record Tasks(
      RunningTasks running,
      WorkerRoom room,
      OwnedPartitions owned,
      Pauses pauses,
      Openings openings,
      Assignment assignment,
      OpenCalls calls) {

    static Tasks of(Ground ground, Outputs outputs, Fencer fencer) {
      StageSetup setup = ground.setup();
      StageShare share = ground.share();
      Consumer<byte[], byte[]> consumer = ground.consumer();
      TaskFactory factory = outputs.factory();
      RunningTasks running = new RunningTasks();
      WorkerRoom room =
          new WorkerRoom(
              ground.limits(),
              ground.sender(),
              running,
              ground.size(),
              ground.metrics(),
              ground.clock());
      OwnedPartitions owned = new OwnedPartitions(setup, share.tasks());
      Pauses pauses = new Pauses(consumer, owned, running);
      Openings openings =
          new Openings(
              setup,
              ground.worker(),
              share,
              ground.transactionalId(),
              consumer,
              fencer,
              ground.auxiliary(),
              ground.metrics(),
              factory,
              owned,
              running,
              room,
              pauses);
      Assignment assignment =
          new Assignment(setup, share, consumer, owned, running, pauses, openings);
      OpenCalls calls = new OpenCalls(setup, running, factory.wakeup(), ground.clock());
      return new Tasks(running, room, owned, pauses, openings, assignment, calls);
    }
  }

  /** The transactions, and when they are committed. */
  private record Commits(
      UnprovenGeneration unproven,
      CommitPoint point,
      CommitPace pace,
      CaughtUp caughtUp,
      Inquiries inquiries,
      Transactions transactions) {

    static Commits of(
        Ground ground,
        Outputs outputs,
        Tasks tasks,
        FinishLine finishLine,
        Duration minCommitInterval) {
      StageSetup setup = ground.setup();
      Clock clock = ground.clock();
      Duration longestInterval =
          ground.limits().longestInterval(OpenCalls.longest(setup.stage()).orElse(Duration.ZERO));
      UnprovenGeneration unproven = new UnprovenGeneration(ground.worker(), ground.consumer());
      CommitPoint point = point(ground, tasks, longestInterval);
      CommitRound round =
          new CommitRound(
              setup,
              ground.consumer(),
              ground.sender(),
              tasks.running(),
              outputs.shuffles(),
              finishLine,
              unproven,
              ground.life(),
              ground.metrics().histogram(Measure.RECORD_LATENCY),
              clock);
      CommitPace pace = pace(ground, outputs, tasks, unproven, longestInterval, minCommitInterval);
      CaughtUp caughtUp = caughtUp(ground, tasks, pace);
      Inquiries inquiries = new Inquiries(setup, tasks.running(), tasks.openings(), pace, clock);
      Transactions transactions =
          new Transactions(
              setup,
              ground.worker(),
              ground.transactionalId(),
              ground.sender(),
              tasks.assignment(),
              tasks.running(),
              tasks.room(),
              outputs.shuffles(),
              outputs.cautions(),
              ground.metrics(),
              ground.size(),
              pace,
              caughtUp,
              point,
              round,
              tasks.calls(),
              unproven,
              inquiries,
              new Aborts(
                  setup,
                  ground.worker().cluster().topics(),
                  ground.auxiliary(),
                  outputs.letters(),
                  clock),
              ground.time(),
              ground.life());
      return new Commits(unproven, point, pace, caughtUp, inquiries, transactions);
    }

    private static CommitPoint point(Ground ground, Tasks tasks, Duration longestInterval) {
      RunningTasks running = tasks.running();
      return new CommitPoint(
          running::areAmidTransaction,
          running::isRestThere,
          tasks.room()::isLeftForRest,
          ground.size(),
          CommitPoint.longest(longestInterval, ground.limits().commitDeadline()),
          ground.life(),
          ground.clock());
    }

    private static CommitPace pace(
        Ground ground,
        Outputs outputs,
        Tasks tasks,
        UnprovenGeneration unproven,
        Duration longestInterval,
        Duration minCommitInterval) {
      WorkerSetup.Limits limits = ground.limits();
      return new CommitPace(
          limits.commitInterval().toNanos(),
          longestInterval.toNanos(),
          minCommitInterval.toNanos(),
          new OpenResults(
              ground.setup(),
              ground.worker(),
              ground.share(),
              ground.sender(),
              tasks.running(),
              outputs.shuffles(),
              unproven),
          new CommitBeats(
              ground.setup().jobUuid(),
              limits.commitInterval(),
              limits.commitIntervalMax(),
              ground.clock()));
    }

    /**
     * A commit waits for all calls that are under way, and keeps further records from being called.
     */
    private static CaughtUp caughtUp(Ground ground, Tasks tasks, CommitPace pace) {
      RunningTasks running = tasks.running();
      OpenCalls calls = tasks.calls();
      return new CaughtUp(
          () -> running.haveWork() || (calls.areUnderWay() && running.haveQueued()),
          calls::areUnderWay,
          tasks.pauses()::unfetched,
          () -> pace.perShortestInterval(ground.size().pieces(), ground.clock().nanos()));
    }
  }

  /** {@return all parts, with those of the loop} */
  private static WorkerParts whole(
      Ground ground, Tasks tasks, Commits commits, TimesAmidTransaction times) {
    StageSetup setup = ground.setup();
    WorkerSetup worker = ground.worker();
    RunningTasks running = tasks.running();
    CommitPace pace = commits.pace();
    Intake intake =
        new Intake(
            setup,
            worker,
            ground.transactionalId(),
            ground.consumer(),
            ground.sender(),
            tasks.assignment(),
            running,
            tasks.pauses(),
            commits.transactions(),
            pace,
            commits.caughtUp(),
            tasks.calls(),
            ground.time(),
            ground.life(),
            commits.inquiries());
    TaskTurns turns =
        new TaskTurns(
            running,
            tasks.room(),
            ground.life(),
            pace,
            commits.point(),
            ground.size(),
            ground.metrics(),
            ground.share(),
            ground.clock());
    TaskClocks clocks =
        new TaskClocks(
            setup,
            worker,
            ground.share(),
            ground.consumer(),
            ground.auxiliary(),
            running,
            intake,
            pace);
    Rebalances rebalances =
        new Rebalances(
            ground.sender(),
            tasks.assignment(),
            running,
            commits.transactions(),
            intake,
            commits.unproven(),
            ground.life());
    return new WorkerParts(
        ground.life(),
        ground.metrics(),
        ground.time(),
        tasks.owned(),
        tasks.pauses(),
        tasks.openings(),
        tasks.assignment(),
        commits.inquiries(),
        commits.transactions(),
        intake,
        turns,
        times,
        tasks.room(),
        clocks,
        tasks.calls(),
        rebalances,
        display(ground, tasks, intake, pace));
  }

  private static WorkerDisplay display(Ground ground, Tasks tasks, Intake intake, CommitPace pace) {
    StageSetup setup = ground.setup();
    Rhythm rhythm = ground.worker().rhythm();
    Openings openings = tasks.openings();
    return new WorkerDisplay(
        rhythm,
        new WorkerPhases(
            ground.life(), () -> !openings.numbers().isEmpty(), intake::isHeld, ground.clock()),
        new TaskViews(setup, rhythm, ground.consumer(), tasks.running(), openings, intake, pace),
        new WorkerGauges(rhythm, setup.stage(), tasks.running(), ground.metrics()),
        ground.clock());
  }
}
