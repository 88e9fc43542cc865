package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.commit.UndeliveredException;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.InDoubtException;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
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
 * <p>{@link Intake} is the first of these, {@link Transactions} the last.
 *
 * <p>{@link #run} does all of that. Whoever wants to see a worker go step by step calls {@link
 * #begin}, {@link #turn} over and over, and {@link #end}.
 *
 * <p><b>Threads.</b> {@link #run} is the thread, or whoever takes the steps; {@link #stop()},
 * {@link #metrics()} and {@link #view()} may be called by any other.
 */
public final class Worker {

  private static final Logger LOGGER = LoggerFactory.getLogger(Worker.class);

  private static final long LOOK_NANOS = 2_000_000;
  private static final long MOST_BETWEEN_LOOKS = 1_024;

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final String transactionalId;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final Clock clock;
  private final CommitPace pace;
  private final StageMetrics metrics = new StageMetrics();
  private final TransactionSize size = new TransactionSize();
  private final List<ShuffleWriter> shuffles;
  private final Assignment assignment;
  private final Transactions transactions;
  private final Intake intake;
  private final SourceEnds sourceEnds;
  private final ShuffleEnds shuffleEnds;
  private final @Nullable SourceAlignment alignment;
  private final OpenCalls calls;

  private volatile boolean stopping;
  private volatile View view = View.EMPTY;
  private long sinksCheckedNanos;
  private long viewPublishedNanos;
  private int firstTask;

  /** Brings a worker and the others of its instance out of their groups together. */
  @FunctionalInterface
  public interface Departure {

    /**
     * Returns when the worker is no member of its group any more, or when waiting is of no use.
     *
     * @param failure what stopped the worker, if nobody asked it to stop: the others do not know
     */
    void awaitDeparture(@Nullable Throwable failure);
  }

  /** Says where finished tasks are announced. */
  public interface FinishLine {

    /** Adds the announcement that a task is through to the open transaction. */
    void announce(Sender sender, String stage, int task);
  }

  /**
   * What a worker looks like from outside.
   *
   * @param tasks its tasks
   * @param opening tasks that are being opened
   * @param restoreRemaining changelog records still to be replayed
   */
  public record View(List<TaskView> tasks, Set<Integer> opening, long restoreRemaining) {

    static final View EMPTY = new View(List.of(), Set.of(), 0);
  }

  /**
   * What a task looks like from outside.
   *
   * @param task its number
   * @param positions the next offset of each input
   * @param eventTime its output watermark, milliseconds since the epoch; {@link Long#MIN_VALUE} if
   *     unknown
   * @param status active, idle or finished
   * @param txnSeq the number of its last transaction
   * @param source its source's partition; empty behind a shuffle
   */
  public record TaskView(
      int task,
      List<Long> positions,
      long eventTime,
      ChannelStatus status,
      long txnSeq,
      Optional<SourceView> source) {}

  /**
   * Creates a worker around its clients, which it closes in the end.
   *
   * @param transactionalId also the consumer's client id
   */
  public Worker(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Fencer fencer,
      FinishLine finishLine,
      Duration minCommitInterval) {
    this.setup = setup;
    this.worker = worker;
    this.transactionalId = transactionalId;
    this.consumer = consumer;
    this.sender = sender;
    this.clock = worker.clock();
    WorkerSetup.Limits limits = worker.limits();
    AuxiliaryCalls auxiliary = new AuxiliaryCalls(transactionalId, clock);
    this.pace = new CommitPace(limits.commitInterval().toNanos(), minCommitInterval.toNanos());
    Cautions cautions = new Cautions();
    this.shuffles =
        setup.outputs().stream()
            .map(
                output ->
                    new ShuffleWriter(
                        output,
                        sender,
                        metrics,
                        limits.frameBytes(),
                        limits.combinerBytes(),
                        cautions.of("shuffle " + output.edge().topic())))
            .toList();
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
            shuffles,
            cautions,
            size,
            () -> stopping);
    this.calls = new OpenCalls(setup, assignment, clock);
    CommitRound round =
        new CommitRound(setup, consumer, sender, assignment, shuffles, finishLine, clock);
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
            round,
            calls,
            new Aborts(setup, worker.topics(), auxiliary));
    this.intake =
        new Intake(setup, worker, consumer, sender, assignment, transactions, pace, calls);
    this.sourceEnds = new SourceEnds(setup, worker, consumer, auxiliary);
    this.shuffleEnds = new ShuffleEnds(worker, auxiliary);
    this.alignment = share.alignment().orElse(null);
  }

  /** Asks the worker to commit and leave; it does so within the shutdown timeout. */
  public void stop() {
    // Not by wakeup: it would break off whatever call is under way, the last commit included.
    stopping = true;
  }

  /** Keeps a source from reading on (backpressure), or lets it go on. */
  public void hold(Hold wanted) {
    intake.hold(wanted);
  }

  /** Whether a source may read. */
  public enum Hold {
    PAUSE,
    GO_ON
  }

  /** {@return the worker's counters} */
  public StageMetrics.Snapshot metrics() {
    return metrics.snapshot();
  }

  /** {@return the worker's tasks} */
  public View view() {
    return view;
  }

  /**
   * Works until it is stopped or fails.
   *
   * @param departure called when everything is committed and given up, ahead of closing the
   *     consumer
   */
  public void run(Departure departure) {
    Throwable failure = null;
    try {
      begin();
      while (!stopping) {
        turn();
      }
      boolean ignored = commitPending();
    } catch (StoppedException e) {
      LOGGER.atDebug().addKeyValue("worker", transactionalId).log("Stopped between two attempts");
    } catch (RuntimeException | Error e) {
      failure =
          WorkerFailure.explained(
              setup.plan().job(), setup.stage().name(), assignment.numbers(), e);
    }
    closeAfter(failure, departure);
  }

  /**
   * The first step: makes the producer ready, for which it waits as a start does, and subscribes to
   * the stage's inputs.
   */
  public void begin() {
    try {
      worker
          .startup()
          .awaitDone("the coordinator of transactional id " + transactionalId, this::openSender);
    } catch (RuntimeException e) {
      throw explained(e);
    }
    consumer.subscribe(
        setup.inputs().stream().map(StageSetup.Input::topic).toList(), new Rebalances());
  }

  private void openSender() {
    if (stopping) {
      throw new StoppedException();
    }
    sender.open();
  }

  /** The last step: gives everything up as of the last commit, and leaves the group. */
  public void end(Departure departure) {
    close(departure, null);
  }

  /**
   * The last step of a worker whose process is to look as if it had been killed: lets go of what
   * only this process can hold, and says nothing to anybody.
   */
  public void vanish() {
    assignment.dropStores();
  }

  /** {@return whether tasks are being opened} */
  public boolean isOpening() {
    return assignment.isOpening();
  }

  /** What stopped the worker is worth more than what goes wrong while it cleans up. */
  private void closeAfter(@Nullable Throwable failure, Departure departure) {
    try {
      close(departure, failure);
    } catch (RuntimeException e) {
      if (failure == null) {
        throw e;
      }
      failure.addSuppressed(e);
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof Error error) {
      throw error;
    }
  }

  /** One round of the loop; returns whether there was anything to do in it. */
  public boolean turn() {
    try {
      return takeTurn();
    } catch (RuntimeException e) {
      throw explained(e);
    }
  }

  /** Kafka's refusals tell a user neither what was being done nor what to do about it. */
  private RuntimeException explained(RuntimeException error) {
    boolean writing = error instanceof UndeliveredException;
    return MissingRights.explained(
        error,
        "go on with stage '" + setup.stage().name() + "' of job '" + setup.plan().job() + "'",
        writing ? "WRITE" : "READ",
        transactionalId);
  }

  private boolean takeTurn() {
    ConsumerRecords<byte[], byte[]> records = intake.poll();
    assignment.accept(records);
    boolean worked = !records.isEmpty();
    if (!transactions.isSuspended()) {
      try {
        worked |= work();
      } catch (Circuit.Broken e) {
        transactions.sinkIsDown(e);
      } catch (InDoubtException e) {
        transactions.repeat(e);
      }
    }
    assignment.pauseAndResume(intake.isHeld());
    publishView();
    return worked;
  }

  private boolean work() {
    assignment.openTasks();
    calls.pump();
    boolean worked = calls.areUnderWay();
    if (!transactions.isCommitBegun()) {
      worked |= process();
      lookAtClocks();
    }
    if (transactions.isCommitDue()) {
      transactions.commit();
      worked = true;
    }
    return worked;
  }

  /** Begins where the last slice was cut off, so that no task starves behind another. */
  private boolean process() {
    boolean worked = false;
    if (intake.holdsTasks()) {
      return worked;
    }
    SliceOfTime slice = new SliceOfTime();
    long wallMs = clock.wallMs();
    List<Task> all = List.copyOf(assignment.tasks());
    int begin = all.isEmpty() ? 0 : firstTask % all.size();
    for (int i = 0; i < all.size(); i++) {
      int at = (begin + i) % all.size();
      if (all.get(at).process(slice, wallMs)) {
        pace.workDone(clock.nanos());
        worked = true;
      }
      if (slice.isOver()) {
        firstTask = at + 1;
        return worked;
      }
    }
    return worked;
  }

  /**
   * Ends when a commit is due or the transaction is full. How often it looks adapts to how long
   * things take: a record may take 100 ns or, in a user's function, a second.
   */
  private final class SliceOfTime implements Task.Slice {
    private long untilLook = 1;
    private long looksEvery = 1;
    private long lookedNanos = clock.nanos();
    private boolean over;

    @Override
    public boolean goesOn() {
      if (--untilLook <= 0 || size.isReached()) {
        long now = clock.nanos();
        if (now - lookedNanos < LOOK_NANOS / 2) {
          looksEvery = Math.min(looksEvery * 2, MOST_BETWEEN_LOOKS);
        } else if (now - lookedNanos > LOOK_NANOS) {
          looksEvery = 1;
        }
        lookedNanos = now;
        untilLook = looksEvery;
        pace.workDone(now);
        over = pace.isDue(now) || !assignment.roomIsLeft();
      }
      size.add();
      return !over;
    }

    boolean isOver() {
      return over;
    }
  }

  private void lookAtClocks() {
    long now = clock.nanos();
    long wallMs = clock.wallMs();
    sourceEnds.refresh(assignment.tasks(), now);
    shuffleEnds.refresh(assignment.tasks(), now);
    boolean askSinks = now - sinksCheckedNanos >= worker.rhythm().sinkChecks().toNanos();
    if (askSinks) {
      sinksCheckedNanos = now;
    }
    align();
    for (Task task : assignment.tasks()) {
      if (task.isQueueEmpty()) {
        task.movePastGaps();
      }
      boolean news =
          setup.stage().isSource()
              ? task.check(sourceEnds.progress(task, intake.isHeld()), wallMs, now)
              : task.check(shuffleEnds.progress(task), wallMs, shuffleEnds.askedNanos(task, now));
      if (news) {
        pace.workDone(now);
      }
      task.progress().advance(wallMs);
      for (int output = 0; output < shuffles.size(); output++) {
        if (task.progress().isDue(output, now)) {
          pace.workDone(now);
        }
      }
      if (task.mayAnnounceFinish() || (askSinks && task.wantsCommit(wallMs))) {
        pace.workDone(now);
      }
    }
  }

  /** Those far ahead of the slowest wait; all say where they stand before any is told. */
  private void align() {
    SourceAlignment together = alignment;
    if (together == null) {
      return;
    }
    for (Task task : assignment.tasks()) {
      together.moved(task.partition(), task.progress().status(), task.progress().eventTime());
    }
    for (Task task : assignment.tasks()) {
      task.align(together.decide(task.partition(), task.waiting()));
    }
  }

  private void publishView() {
    long now = clock.nanos();
    if (now - viewPublishedNanos >= worker.rhythm().views().toNanos()) {
      viewPublishedNanos = now;
      view = assignment.view(intake.isHeld(), now);
    }
  }

  /**
   * Commits what there is to commit, whether it is due or not, and waits for calls, but not for
   * ever; returns whether there was anything.
   */
  public boolean commitPending() {
    try {
      return transactions.commitPending();
    } catch (RuntimeException e) {
      throw explained(e);
    }
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
    assignment.abandonAll(transactions.fate());
    try {
      // Else an open transaction would hold up everybody's readers until the broker times it out.
      sender.abort();
    } catch (RuntimeException e) {
      LOGGER.atWarn().addKeyValue("worker", transactionalId).setCause(e).log("Could not abort");
    }
    sender.close();
    departure.awaitDeparture(failure);
    try {
      // A static member was removed together with the others of its instance. Leaving one by one,
      // each waits for rebalances that the others, closing too, take no part in any more.
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
    view = View.EMPTY;
  }

  /** Runs inside {@code poll}, on the worker's thread. */
  private final class Rebalances implements ConsumerRebalanceListener {

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      assignment.assigned(partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        boolean ignored = transactions.commitPending();
      }
      assignment.dropped(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      // Others own these already: what is open cannot be committed, for none of the tasks.
      assignment.lost(partitions);
      if (!assignment.tasks().isEmpty()) {
        sender.abort();
        transactions.startAfresh(
            new IllegalStateException("The group took partitions away: " + partitions));
      }
      assignment.dropped(partitions);
    }
  }
}
