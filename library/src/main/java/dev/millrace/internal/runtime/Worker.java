package dev.millrace.internal.runtime;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.failure.Cautions;
import dev.millrace.internal.failure.DeadLetters;
import dev.millrace.internal.failure.StoppedException;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.InDoubtException;
import dev.millrace.internal.restore.Fencer;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.ClientMeasure;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.TaskFactory;
import dev.millrace.internal.task.TransactionSize;
import dev.millrace.internal.util.Clock;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that serves one stage: poll, process, commit.
 *
 * <pre>
 *   poll -> queue by task -> process each queue for a slice -> clocks and watermarks -> commit when due
 * </pre>
 *
 * <p>{@link Intake} is the first of these; {@link TaskTurns}, {@link TaskClocks} and {@link
 * Transactions} are the last three.
 *
 * <p>{@link #run} does all of that. To run a worker step by step, call {@link #begin}, {@link
 * #turn} over and over, and {@link #end}.
 *
 * <p><b>Threads.</b> {@link #run} and the single steps are confined to one thread; {@link #stop()},
 * {@link #hold}, {@link #metrics()}, {@link #clientMetrics}, {@link #view()}, {@link #roundTime()},
 * {@link #has} and {@link #ask} may be called by any other.
 */
public final class Worker {

  private static final Logger LOGGER = LoggerFactory.getLogger(Worker.class);

  private static final long NO_ROUND = Long.MIN_VALUE;

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final String transactionalId;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final Clock clock;
  private final StageMetrics metrics = new StageMetrics();
  private final WorkerTime time = new WorkerTime(metrics);
  private final TransactionSize size = new TransactionSize();
  private final Assignment assignment;
  private final Inquiries inquiries;
  private final Transactions transactions;
  private final Intake intake;
  private final TaskTurns turns;
  private final TaskClocks clocks;
  private final TaskViews views;
  private final WorkerGauges gauges;
  private final Rebalances rebalances;
  private final OpenCalls calls;
  private final WorkerFailure failures;
  private final WorkerSerdes serdes;

  private volatile boolean stopping;
  private volatile boolean started;
  private volatile WorkerView view = WorkerView.EMPTY;

  /** Whether the worker has joined its group. */
  private boolean joined;

  private long viewPublishedNanos;

  /** When the present round of the loop began; read by other threads. */
  private volatile long roundNanos = NO_ROUND;

  /**
   * Creates a worker around its clients and serdes, which it closes in the end.
   *
   * @param setup the stage, with the worker's serdes
   * @param serdes these, as far as they are open
   * @param transactionalId also the consumer's client id
   */
  public Worker(
      StageSetup setup,
      WorkerSerdes serdes,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Fencer fencer,
      FinishLine finishLine,
      Duration minCommitInterval) {
    this.setup = setup;
    this.serdes = serdes;
    this.worker = worker;
    this.transactionalId = transactionalId;
    this.consumer = consumer;
    this.sender = sender;
    this.clock = worker.clock();
    WorkerSetup.Limits limits = worker.limits();
    AuxiliaryCalls auxiliary = new AuxiliaryCalls(transactionalId, clock);
    Duration longestInterval =
        limits.longestInterval(OpenCalls.longest(setup.stage()).orElse(Duration.ZERO));
    // Without transactions a repetition would write again what is already written.
    Cautions cautions = new Cautions(worker.exactlyOnce() ? Caution::new : Caution::always);
    OptionalInt number =
        worker.exactlyOnce()
            ? OptionalInt.of(ShuffleWriter.number(transactionalId))
            : OptionalInt.empty();
    List<ShuffleWriter> shuffles =
        setup.outputs().stream()
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
            () -> stopping);
    this.assignment =
        new Assignment(
            setup,
            worker,
            share,
            transactionalId,
            consumer,
            sender,
            fencer,
            auxiliary,
            metrics,
            factory,
            size);
    CommitPoint point =
        new CommitPoint(
            assignment::isAmidTransaction,
            assignment::isRestThere,
            assignment::roomIsLeftForRest,
            size,
            CommitPoint.longest(longestInterval, limits.commitDeadline()),
            clock);
    this.calls = new OpenCalls(setup, assignment, factory.wakeup(), clock);
    UnprovenGeneration unproven = new UnprovenGeneration(worker, consumer);
    CommitRound round =
        new CommitRound(
            setup,
            consumer,
            sender,
            assignment,
            shuffles,
            finishLine,
            unproven,
            metrics.histogram(Measure.RECORD_LATENCY),
            clock);
    CommitPace pace =
        new CommitPace(
            limits.commitInterval().toNanos(),
            longestInterval.toNanos(),
            minCommitInterval.toNanos(),
            new OpenResults(setup, worker, share, sender, assignment, shuffles, unproven));
    this.inquiries = new Inquiries(setup, assignment, pace, clock);
    // A commit waits for all calls that are under way, and keeps further records from being called.
    CaughtUp caughtUp =
        new CaughtUp(
            () -> assignment.hasWork() || (calls.areUnderWay() && assignment.hasQueued()),
            calls::areUnderWay,
            assignment::unfetched,
            () -> pace.perShortestInterval(size.pieces(), clock.nanos()));
    this.transactions =
        new Transactions(
            setup,
            worker,
            transactionalId,
            sender,
            assignment,
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
            time);
    this.intake =
        new Intake(
            setup,
            worker,
            transactionalId,
            consumer,
            sender,
            assignment,
            transactions,
            pace,
            caughtUp,
            calls,
            time,
            inquiries);
    this.turns = new TaskTurns(assignment, pace, point, size, metrics, share, clock);
    this.clocks =
        new TaskClocks(setup, worker, share, consumer, auxiliary, assignment, intake, pace);
    this.views = new TaskViews(setup, worker.rhythm(), consumer, assignment, intake, pace);
    this.gauges = new WorkerGauges(worker.rhythm(), setup.stage(), assignment, metrics);
    this.rebalances = new Rebalances(sender, assignment, transactions, intake, unproven);
    this.failures = new WorkerFailure(setup.plan().job(), setup.stage().name(), transactionalId);
  }

  /** Asks the worker to commit and leave; it does so within the shutdown timeout. */
  public void stop() {
    // Not by wakeup: it would interrupt any call of the consumer under way, even the last commit.
    stopping = true;
  }

  /** Keeps a source from reading on (backpressure, a pause), or lets it go on. */
  public void hold(Hold wanted) {
    intake.hold(wanted);
  }

  /** {@return the worker's counters} */
  public StageCounters metrics() {
    return metrics.snapshot();
  }

  /** {@return what the worker measures, for any thread to read} */
  public StageMetrics cells() {
    return metrics;
  }

  /**
   * {@return the figures of one of the worker's Kafka clients, which change all the time; both have
   * the client id {@link #transactionalId()}}
   */
  public Map<MetricName, ? extends Metric> clientMetrics(ClientMeasure.Client client) {
    return switch (client) {
      case CONSUMER -> consumer.metrics();
      case PRODUCER -> sender.metrics();
    };
  }

  /** {@return the worker's tasks} */
  public WorkerView view() {
    return view;
  }

  /** {@return for how long the present round of the loop has lasted; zero if there is none} */
  public Duration roundTime() {
    long began = roundNanos;
    return began == NO_ROUND ? Duration.ZERO : Duration.ofNanos(Math.max(0, clock.nanos() - began));
  }

  /** {@return whether a task is here, whatever it is at} */
  public boolean has(int task) {
    return assignment.here().contains(task);
  }

  /** {@return the numbers of the tasks that are here, whatever they are at} */
  public Set<Integer> tasks() {
    return assignment.here();
  }

  /**
   * Hands a question about the state of a task to the worker, which answers between two turns, or
   * refuses.
   */
  public void ask(Question<?> question) {
    inquiries.ask(question);
  }

  /**
   * Works until it is stopped or fails.
   *
   * @param departure called when everything is committed and released, before the consumer is
   *     closed
   */
  public void run(Departure departure) {
    MillraceException failure = null;
    try {
      begin();
      while (!stopping) {
        turn();
      }
      commitLast();
    } catch (StoppedException e) {
      LOGGER.atDebug().addKeyValue("worker", transactionalId).log("Stopped between two attempts");
    } catch (RuntimeException | Error e) {
      failure = explained(e);
    }
    closeAfter(failure, departure);
  }

  /**
   * The first step: makes the producer ready, for which it waits as a start does, and subscribes to
   * the stage's inputs; later turns do that, if the stage looks up tables that are not loaded yet.
   */
  public void begin() {
    try {
      worker
          .startup()
          .awaitDone("the coordinator of transactional id " + transactionalId, this::openSender);
    } catch (RuntimeException e) {
      throw explained(e);
    }
    time.begin(clock.nanos());
    joinIfLoaded();
  }

  /** Joins the group as soon as it can look up what it has to: others have the tasks until then. */
  private void joinIfLoaded() {
    if (setup.tables().awaitLoaded(worker.rhythm().tables())) {
      consumer.subscribe(setup.inputs().stream().map(StageSetup.Input::topic).toList(), rebalances);
      joined = true;
    }
  }

  private void openSender() {
    if (stopping) {
      throw new StoppedException();
    }
    sender.open();
  }

  /** The last step: releases everything as of the last commit, and leaves the group. */
  public void end(Departure departure) {
    close(departure, null);
  }

  /**
   * The last step of a worker whose process is to look as if it had been killed: releases what only
   * this process can hold, and sends nothing.
   */
  public void vanish() {
    inquiries.close();
    assignment.dropStores();
    serdes.close();
  }

  /**
   * Closes the clients of a worker whose first step was never made: it is in no group and has
   * nothing open.
   */
  public void discard() {
    serdes.close();
    sender.close();
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }

  /**
   * {@return whether the worker has had its first assignment, even of no task at all, and opened
   * all of it}
   */
  public boolean isStarted() {
    return started;
  }

  /** {@return whether tasks are being opened} */
  public boolean isOpening() {
    return assignment.isOpening();
  }

  /**
   * Closes the worker; the failure that stopped it takes precedence over those of its cleaning up.
   */
  private void closeAfter(@Nullable MillraceException failure, Departure departure) {
    try {
      close(departure, failure);
    } catch (RuntimeException e) {
      if (failure == null) {
        throw e;
      }
      failure.addSuppressed(e);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** One round of the loop; returns whether there was anything to do in it. */
  public boolean turn() {
    roundNanos = clock.nanos();
    try {
      return takeTurn();
    } catch (RuntimeException e) {
      throw explained(e);
    }
  }

  private MillraceException explained(Throwable failure) {
    return failures.explained(failure, assignment.numbers());
  }

  private boolean takeTurn() {
    if (!joined) {
      receiveQuestions();
      joinIfLoaded();
      time.waitedUntil(clock.nanos());
      return joined;
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
      }
    }
    if (!worked) {
      sender.settle();
    }
    assignment.pauseAndResume(intake.isHeld());
    if (inquiries.areThere()) {
      inquiries.answer();
    }
    if (!started && rebalances.haveAssigned() && !assignment.isOpening()) {
      started = true;
    }
    publishView();
    return worked;
  }

  private void receiveQuestions() {
    if (inquiries.areThere()) {
      inquiries.receive(transactions.nanosSuspended());
    }
  }

  private boolean work() {
    assignment.openTasks();
    calls.pump();
    boolean worked = calls.areUnderWay();
    if (!transactions.isCommitBegun()) {
      if (!intake.holdsTasks()) {
        worked |= turns.take();
      }
      assignment.beginFiring(); // Timers have their own time, or a backlog would keep it from them.
      clocks.look();
    }
    if (transactions.isCommitDue()) {
      transactions.commit();
      worked = true;
    }
    return worked;
  }

  private void publishView() {
    long now = clock.nanos();
    time.turnEnded(now);
    if (now - viewPublishedNanos >= worker.rhythm().views().toNanos()) {
      viewPublishedNanos = now;
      view = views.view(now);
      gauges.update(view, now);
    }
  }

  /**
   * Commits what there is to commit as if it were due, and waits for calls, but not for ever;
   * returns whether it did. Amid what a sender's transaction emitted it does not: then later turns
   * commit.
   */
  public boolean commitPending() {
    try {
      return transactions.commitPending();
    } catch (RuntimeException e) {
      throw explained(e);
    }
  }

  /**
   * Commits what there is to commit before the worker ends, unless it is amid what a sender's
   * transaction emitted: then the next owner repeats the work since the last commit.
   */
  public void commitLast() {
    try {
      boolean ignored = transactions.commitLast();
    } catch (RuntimeException e) {
      throw explained(e);
    }
  }

  /** {@return whether a commit waits for the rest of what a sender's transaction emitted} */
  public boolean awaitsRest() {
    return transactions.awaitsRest();
  }

  /** {@return the worker's identity as a producer and as a member of its group} */
  public String transactionalId() {
    return transactionalId;
  }

  /** {@return the state held here, for the placement of tasks} */
  public Map<Integer, Long> heldTasks() {
    return assignment.heldTasks();
  }

  private void close(Departure departure, @Nullable Throwable failure) {
    inquiries.close();
    try {
      leave(departure, failure);
    } finally {
      serdes.close();
    }
  }

  private void leave(Departure departure, @Nullable Throwable failure) {
    assignment.abandonAll(transactions.fate());
    try {
      // Left open, a transaction would hold up all readers until the broker times it out.
      sender.abort();
    } catch (RuntimeException e) {
      LOGGER.atWarn().addKeyValue("worker", transactionalId).setCause(e).log("Could not abort");
    }
    sender.close();
    departure.awaitDeparture(failure);
    try {
      // A static member was removed together with the others of its instance. If they left one by
      // one, each would wait for rebalances in which the others, closing too, take no part any
      // more.
      boolean isStatic = consumer.groupMetadata().groupInstanceId().isPresent();
      consumer.close(
          CloseOptions.timeout(worker.limits().shutdown())
              .withGroupMembershipOperation(
                  isStatic
                      ? GroupMembershipOperation.REMAIN_IN_GROUP
                      : GroupMembershipOperation.LEAVE_GROUP));
    } finally {
      assignment.closeStores();
    }
    view = WorkerView.EMPTY;
    gauges.clear();
    roundNanos = NO_ROUND;
  }
}
