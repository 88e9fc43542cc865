package dev.millrace.internal.runtime;

import dev.millrace.error.DivergedException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.CommitResult;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
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
 * <p>One transaction at a time covers all of the worker's tasks. When it does not commit, all of
 * them start afresh from what is committed: positions, rows, operators. There is no other way to
 * undo, hence no other way to get it wrong.
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
  private static final Duration POSITION_WAIT = Duration.ofMillis(20);
  private static final Duration IDLE_POLL = Duration.ofMillis(100);
  private static final int MAX_DISK_FAILURES_IN_A_ROW = 3;

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
  private final CommitRound round;
  private final SourceEnds sourceEnds;
  private final Aborts aborts;
  private final @Nullable SourceAlignment alignment;
  private final OpenCalls calls;

  /** Where the consumer could not read, as of the last time. */
  private final Map<TopicPartition, Long> outOfRange = new HashMap<>();

  private volatile boolean stopping;
  private volatile boolean held;
  private volatile View view = View.EMPTY;
  private boolean suspended;
  private long suspendedUntilNanos;
  private long sinksCheckedNanos;
  private long viewPublishedNanos;
  private int firstTask;

  /** Brings a worker and the others of its instance out of their groups together. */
  @FunctionalInterface
  public interface Departure {

    /** Returns when the worker is no member of its group any more, or when waiting is of no use. */
    void awaitDeparture();
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
    this.pace = new CommitPace(limits.commitInterval().toNanos(), minCommitInterval.toNanos());
    this.shuffles =
        setup.outputs().stream()
            .map(
                output ->
                    new ShuffleWriter(
                        output, sender, metrics, limits.frameBytes(), limits.combinerBytes()))
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
            metrics,
            shuffles,
            size,
            () -> stopping);
    this.round = new CommitRound(setup, consumer, sender, assignment, shuffles, finishLine, clock);
    this.aborts = new Aborts(setup, worker.topics());
    this.sourceEnds = new SourceEnds(setup, worker, consumer);
    this.alignment = share.alignment().orElse(null);
    this.calls = new OpenCalls(setup, assignment, clock);
  }

  /** Asks the worker to commit and leave; it does so within the shutdown timeout. */
  public void stop() {
    // Not by wakeup: it would break off whatever call is under way, the last commit included.
    stopping = true;
  }

  /** Keeps a source from reading on (backpressure), or lets it go on. */
  public void hold(Hold wanted) {
    held = wanted == Hold.PAUSE;
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
      failure = e;
    }
    closeAfter(failure, departure);
  }

  /** The first step: makes the producer ready and subscribes to the stage's inputs. */
  public void begin() {
    sender.open();
    consumer.subscribe(
        setup.inputs().stream().map(StageSetup.Input::topic).toList(), new Rebalances());
  }

  /** The last step: gives everything up as of the last commit, and leaves the group. */
  public void end(Departure departure) {
    close(departure);
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
      close(departure);
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
    ConsumerRecords<byte[], byte[]> records = poll();
    assignment.accept(records);
    boolean worked = !records.isEmpty();
    if (!isSuspended()) {
      try {
        worked |= work();
      } catch (Circuit.Broken e) {
        sinkIsDown(e);
      }
    }
    assignment.pauseAndResume(held);
    publishView();
    return worked;
  }

  private boolean work() {
    assignment.openTasks();
    calls.pump();
    boolean worked = calls.areUnderWay();
    if (!round.isBegun()) {
      worked |= process();
      lookAtClocks();
    }
    if (round.isBegun() || pace.isDue(clock.nanos()) || !assignment.roomIsLeft()) {
      commit();
      worked = true;
    }
    return worked;
  }

  /**
   * A worker that was paused may have lost a partition without knowing, and what it wants to read
   * may be purged: then its committed offset has moved on. If it has not, records are lost.
   */
  private ConsumerRecords<byte[], byte[]> poll() {
    Duration timeout = pollTimeout();
    if (calls.areUnderWay()) {
      calls.await(timeout);
      timeout = Duration.ZERO;
    }
    try {
      return consumer.poll(timeout);
    } catch (OffsetOutOfRangeException e) {
      e.offsetOutOfRangePartitions()
          .forEach(
              (partition, offset) -> {
                if (offset.equals(outOfRange.put(partition, offset))) {
                  throw lost(partition, offset, e);
                }
              });
      sender.abort();
      startAfresh(e);
      return ConsumerRecords.empty();
    }
  }

  private DivergedException lost(TopicPartition from, long offset, RuntimeException cause) {
    long start = worker.topics().beginningOffsets(List.of(from)).getOrDefault(from, -1L);
    return new DivergedException(
        "Cannot read topic "
            + from.topic()
            + ", partition "
            + from.partition()
            + ", from offset "
            + offset
            + ", where stage '"
            + setup.stage().name()
            + "' stopped: its records were deleted or cut off meanwhile (it begins at offset "
            + start
            + " now). Run reset to say where to go on",
        cause);
  }

  private Duration pollTimeout() {
    if (suspended) {
      return Duration.ofNanos(
          Math.max(0, Math.min(IDLE_POLL.toNanos(), suspendedUntilNanos - clock.nanos())));
    }
    if (assignment.isOpening()) {
      return Duration.ofMillis(5);
    }
    if (round.isBegun()) {
      return IDLE_POLL; // There is nothing to do until the last call has ended.
    }
    boolean idleSplits = false;
    for (Task task : assignment.tasks()) {
      if (task.hasWork() && !isHeld()) {
        return Duration.ZERO;
      }
      idleSplits |= task.idleMs().isPresent();
    }
    long now = clock.nanos();
    long wait = Math.min(IDLE_POLL.toNanos(), pace.nanosUntilDue(now));
    if (!pace.isPending()) {
      // Else what is due goes with that commit, and must not make the loop spin until then.
      for (Task task : assignment.tasks()) {
        wait = Math.min(wait, task.progress().nanosUntilDue(now));
      }
    }
    if (idleSplits) {
      wait = Math.min(wait, 10_000_000);
    }
    return Duration.ofNanos(Math.max(wait, 0));
  }

  /**
   * Pausing the consumer is not enough for a source of splits: a split that was fetched goes on for
   * long.
   */
  private boolean isHeld() {
    return held && setup.readsSplits();
  }

  /** Begins where the last slice was cut off, so that no task starves behind another. */
  private boolean process() {
    boolean worked = false;
    if (isHeld()) {
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
    boolean askSinks = now - sinksCheckedNanos >= worker.rhythm().sinkChecks().toNanos();
    if (askSinks) {
      sinksCheckedNanos = now;
    }
    align();
    for (Task task : assignment.tasks()) {
      if (task.isQueueEmpty()) {
        moveToPosition(task);
      }
      if (task.check(sourceEnds.progress(task, held), wallMs, now)) {
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

  private void moveToPosition(Task task) {
    TopicPartition[] partitions = task.partitions();
    for (int i = 0; i < partitions.length; i++) {
      try {
        task.movedTo(i, consumer.position(partitions[i], POSITION_WAIT));
      } catch (TimeoutException e) {
        // A leader has changed and the position is being checked: it is known a little later.
        return;
      }
    }
  }

  // ------------------------------------------------------------------ commit

  /**
   * Commits everything since the last commit, or makes all tasks start afresh; while calls are
   * under way, the round is begun only, and goes on with the next turns.
   */
  private void commit() {
    try {
      commitOrStartAfresh();
    } catch (Circuit.Broken e) {
      sinkIsDown(e);
    }
  }

  /**
   * Commits what there is to commit, whether it is due or not, and waits for calls, but not for
   * ever; returns whether there was anything.
   */
  public boolean commitPending() {
    if (!pace.isPending() || assignment.tasks().isEmpty()) {
      return false;
    }
    commitNow();
    return true;
  }

  private void commitNow() {
    commit();
    long begun = clock.nanos();
    while (round.isBegun()) {
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
      }
      commit();
    }
  }

  private void commitOrStartAfresh() {
    if (assignment.tasks().isEmpty()) {
      sender.abort();
      pace.aborted();
      round.forgotten();
      return;
    }
    CommitResult result;
    try {
      round.begin();
      if (calls.areUnderWay()) {
        return;
      }
      result = round.commit();
    } catch (StateStoreException e) {
      if (round.fate() == Fate.UNKNOWN || aborts.inARow() >= MAX_DISK_FAILURES_IN_A_ROW) {
        throw e;
      }
      // A worker that slept and lost a task may find that the new owner has removed its files.
      sender.abort();
      startAfresh(e);
      return;
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
    metrics.commits++;
    aborts.committed();
    // The wait for calls is part of what a commit costs, and should not make up most of the time.
    long took = clock.nanos() - round.begunNanos();
    metrics.commitNanos += took;
    pace.committed(took);
    for (Task task : assignment.tasks()) {
      if (task.mayAnnounceFinish()) {
        pace.workDone(clock.nanos());
      }
    }
    acknowledge();
  }

  /**
   * Under at-least-once offsets are committed last; that they do not get through may repeat work,
   * no more.
   */
  private void acknowledge() {
    try {
      round.acknowledge();
    } catch (RebalanceInProgressException e) {
      pace.workDone(clock.nanos());
    } catch (CommitFailedException | TimeoutException e) {
      startAfresh(e);
    }
  }

  /** Nothing since the last commit counts any more: every task goes back to what is committed. */
  private void startAfresh(RuntimeException cause) {
    aborts.add();
    LOGGER
        .atWarn()
        .addKeyValue("worker", transactionalId)
        .addKeyValue("cause", cause.toString())
        .log("A transaction did not commit; its tasks start afresh from what is committed");
    aborts.throwIfHopeless(cause);
    reopenTasks();
    clock.sleepMs(aborts.pauseMs());
  }

  private void reopenTasks() {
    metrics.aborts++;
    size.aborted();
    pace.aborted();
    shuffles.forEach(ShuffleWriter::abort);
    assignment.reopen(round.fate());
    round.forgotten();
  }

  /** The transaction is given up; if that keeps happening, nothing is tried for a while. */
  private void sinkIsDown(Circuit.Broken cause) {
    sender.abort();
    size.failed();
    reopenTasks();
    Circuit circuit = cause.circuit();
    Duration wait = circuit.failed();
    if (wait.isZero()) {
      clock.sleepMs(Math.min(1_000, 10L << Math.min(circuit.failures(), 6)));
    } else {
      metrics.circuitOpenings++;
      suspended = true;
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

  private boolean isSuspended() {
    if (suspended && clock.nanos() - suspendedUntilNanos >= 0) {
      suspended = false;
    }
    return suspended;
  }

  private void publishView() {
    long now = clock.nanos();
    if (now - viewPublishedNanos >= worker.rhythm().views().toNanos()) {
      viewPublishedNanos = now;
      view = assignment.view(held, now);
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

  private void close(Departure departure) {
    assignment.abandonAll(round.fate());
    try {
      // Else an open transaction would hold up everybody's readers until the broker times it out.
      sender.abort();
    } catch (RuntimeException e) {
      LOGGER.atWarn().addKeyValue("worker", transactionalId).setCause(e).log("Could not abort");
    }
    sender.close();
    departure.awaitDeparture();
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
        boolean ignored = commitPending();
      }
      assignment.dropped(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      // Others own these already: what is open cannot be committed, for none of the tasks.
      assignment.lost(partitions);
      if (!assignment.tasks().isEmpty()) {
        sender.abort();
        startAfresh(new IllegalStateException("The group took partitions away: " + partitions));
      }
      assignment.dropped(partitions);
    }
  }
}
