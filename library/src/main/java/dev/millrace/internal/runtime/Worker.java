package dev.millrace.internal.runtime;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.DivergedException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.RecordException;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.CommitResult;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.commit.UndeliveredException;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
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
 * <p><b>Threads.</b> {@link #run()} is the thread; {@link #stop()}, {@link #metrics()} and {@link
 * #view()} may be called by any other.
 */
public final class Worker implements Runnable {

  private static final Logger LOGGER = LoggerFactory.getLogger(Worker.class);

  private static final long SLICE_CHECK_RECORDS = 64;
  private static final Duration IDLE_POLL = Duration.ofMillis(100);
  private static final long END_CHECK_NANOS = 1_000_000_000L;
  private static final long SINK_CHECK_NANOS = 200_000_000L;
  private static final int MAX_ABORTS_IN_A_ROW = 20;
  private static final long MANY_PIECES = 1 << 20;

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final String transactionalId;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final FinishLine finishLine;
  private final Clock clock;
  private final CommitPace pace;
  private final StageMetrics metrics = new StageMetrics();
  private final List<ShuffleWriter> shuffles;
  private final TaskStores stores;
  private final TaskOpener opener;
  private final Map<Integer, Task> tasks = new TreeMap<>();

  /** Inputs' partitions that are assigned; a task opens when it has those of all its inputs. */
  private final Set<TopicPartition> owned = new HashSet<>();

  private final Set<TopicPartition> paused = new HashSet<>();

  /** Where the consumer could not read, as of the last time. */
  private final Map<TopicPartition, Long> outOfRange = new HashMap<>();

  private volatile boolean stopping;
  private volatile boolean held;
  private volatile View view = View.EMPTY;
  private int abortsInARow;
  private boolean undecided;
  private final Map<String, Circuit> circuits = new HashMap<>();
  private boolean suspended;
  private long suspendedUntilNanos;

  /** Records, frames and fired rows in the open transaction; and how many there may be. */
  private long pieces;

  private long mostPieces = Long.MAX_VALUE;
  private long endsCheckedNanos;
  private long sinksCheckedNanos;
  private Map<TopicPartition, Long> ends = Map.of();

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
   */
  public record TaskView(
      int task, List<Long> positions, long eventTime, ChannelStatus status, long txnSeq) {}

  /**
   * Creates a worker around its clients, which it closes in the end.
   *
   * @param transactionalId also the consumer's client id
   */
  public Worker(
      StageSetup setup,
      WorkerSetup worker,
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
    this.finishLine = finishLine;
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
    this.stores = new TaskStores(setup, worker);
    Restorer restorer =
        new Restorer(worker.clients(), transactionalId + "-restore", metrics, clock);
    this.opener = new TaskOpener(setup, worker, stores, restorer, fencer);
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

  @Override
  public void run() {
    Throwable failure = null;
    try {
      sender.open();
      consumer.subscribe(
          setup.inputs().stream().map(StageSetup.Input::topic).toList(), new Rebalances());
      while (!stopping) {
        turn();
      }
      if (pace.isPending() && !tasks.isEmpty()) {
        commit();
      }
    } catch (StoppedException e) {
      LOGGER.atDebug().addKeyValue("worker", transactionalId).log("Stopped between two attempts");
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    closeAfter(failure);
  }

  /** What stopped the worker is worth more than what goes wrong while it cleans up. */
  private void closeAfter(@Nullable Throwable failure) {
    try {
      close();
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

  /** One round of the loop. */
  private void turn() {
    ConsumerRecords<byte[], byte[]> records = poll();
    for (TopicPartition partition : records.partitions()) {
      Task task = tasks.get(partition.partition());
      if (task != null && owned.contains(partition)) {
        task.accept(partition, records.records(partition));
      }
    }
    if (!isSuspended()) {
      try {
        work();
      } catch (Circuit.Broken e) {
        sinkIsDown(e);
      }
    }
    pauseAndResume();
    publishView();
  }

  private void work() {
    openTasks();
    process();
    lookAtClocks();
    if (pace.isDue(clock.nanos()) || !roomIsLeft()) {
      commit();
    }
  }

  /**
   * A worker that was paused may have lost a partition without knowing, and what it wants to read
   * may be purged: then its committed offset has moved on. If it has not, records are lost.
   */
  private ConsumerRecords<byte[], byte[]> poll() {
    try {
      return consumer.poll(pollTimeout());
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

  private void openTasks() {
    if (opener.isIdle()) {
      return;
    }
    try {
      opener.step(consumer).forEach(this::start);
    } catch (KafkaUnreachableException e) {
      LOGGER
          .atWarn()
          .addKeyValue("worker", transactionalId)
          .addKeyValue("cause", e.getMessage())
          .log("Tasks cannot be opened yet; trying again");
    }
  }

  private Duration pollTimeout() {
    if (suspended) {
      return Duration.ofNanos(
          Math.max(0, Math.min(IDLE_POLL.toNanos(), suspendedUntilNanos - clock.nanos())));
    }
    if (!opener.isIdle()) {
      return Duration.ofMillis(5);
    }
    boolean idleSplits = false;
    for (Task task : tasks.values()) {
      if (task.hasWork() && !isHeld()) {
        return Duration.ZERO;
      }
      idleSplits |= task.idleMs().isPresent();
    }
    long now = clock.nanos();
    long wait = Math.min(IDLE_POLL.toNanos(), pace.nanosUntilDue(now));
    for (Task task : tasks.values()) {
      wait = Math.min(wait, task.progress().nanosUntilDue(now));
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

  private void process() {
    if (isHeld()) {
      return;
    }
    SliceOfTime slice = new SliceOfTime();
    for (Task task : tasks.values()) {
      if (task.process(slice)) {
        pace.workDone(clock.nanos());
      }
    }
  }

  /**
   * Ends when a commit is due or the transaction is full; looks at the clock every now and then
   * only.
   */
  private final class SliceOfTime implements Task.Slice {
    private long untilCheck = setup.readsSplits() ? 1 : SLICE_CHECK_RECORDS;
    private boolean over;

    @Override
    public boolean goesOn() {
      if (--untilCheck <= 0 || pieces >= mostPieces) {
        // A frame and a piece of a split are many records.
        untilCheck = setup.stage().isSource() && !setup.readsSplits() ? SLICE_CHECK_RECORDS : 1;
        long now = clock.nanos();
        pace.workDone(now);
        over = pace.isDue(now) || !roomIsLeft();
      }
      pieces++;
      return !over;
    }
  }

  /** For firings, each row of which is a piece. */
  private boolean takesAnother() {
    boolean left = roomIsLeft();
    pieces++;
    return left;
  }

  private boolean roomIsLeft() {
    if (pieces >= mostPieces) {
      return false;
    }
    if (sender.pendingBytes() >= worker.limits().transactionBytes()) {
      return false;
    }
    for (Task task : tasks.values()) {
      if (task.dirtyBytes() >= worker.limits().dirtyBytes()) {
        return false;
      }
    }
    return true;
  }

  private void lookAtClocks() {
    long now = clock.nanos();
    long wallMs = clock.wallMs();
    refreshEnds(now);
    boolean askSinks = now - sinksCheckedNanos >= SINK_CHECK_NANOS;
    if (askSinks) {
      sinksCheckedNanos = now;
    }
    for (Task task : tasks.values()) {
      TopicPartition[] partitions = task.partitions();
      long[] positions = new long[partitions.length];
      for (int i = 0; i < partitions.length; i++) {
        positions[i] = consumer.position(partitions[i]);
      }
      if (task.check(positions, progress(task, positions), wallMs, now)) {
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

  /**
   * The read_uncommitted ends decide on idleness: an open transaction of somebody else is not
   * silence.
   */
  private void refreshEnds(long now) {
    if (!setup.stage().isSource() || tasks.isEmpty() || now - endsCheckedNanos < END_CHECK_NANOS) {
      return;
    }
    boolean watermarks =
        setup.inputs().get(0).input() instanceof StageInput.Kafka kafka
            && kafka.source().watermarks().isPresent();
    if (!watermarks) {
      return;
    }
    List<TopicPartition> quiet = new ArrayList<>();
    for (Task task : tasks.values()) {
      TopicPartition partition = task.partitions()[0];
      OptionalLong lag = consumer.currentLag(partition);
      if (!task.hasWork() && lag.isPresent() && lag.getAsLong() == 0) {
        quiet.add(partition);
      }
    }
    endsCheckedNanos = now;
    try {
      ends =
          quiet.isEmpty()
              ? Map.of()
              : worker.topics().endOffsets(quiet, IsolationLevel.READ_UNCOMMITTED);
    } catch (KafkaUnreachableException e) {
      ends = Map.of();
    }
  }

  private SourceProgress progress(Task task, long[] positions) {
    if (held) {
      return SourceProgress.PAUSED;
    }
    if (task.isWaiting()) {
      return SourceProgress.CAUGHT_UP;
    }
    Long end = ends.get(task.partitions()[0]);
    return !task.hasWork() && end != null && positions[0] >= end
        ? SourceProgress.CAUGHT_UP
        : SourceProgress.LAGGING;
  }

  // ------------------------------------------------------------------ commit

  /** Commits everything since the last commit, or makes all tasks start afresh. */
  private void commit() {
    try {
      commitOrStartAfresh();
    } catch (Circuit.Broken e) {
      sinkIsDown(e);
    }
  }

  private void commitOrStartAfresh() {
    long begun = clock.nanos();
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    List<Task> announced = new ArrayList<>();
    sendEverything(announced);
    tasks.values().forEach(task -> task.addOffsets(offsets));
    if (offsets.isEmpty()) {
      sender.abort();
      pace.aborted();
      return;
    }
    checkOwned(offsets.keySet());
    // Until the outcome is known and settled, what sinks prepared may be committed.
    undecided = true;
    CommitResult result = sender.commit(offsets, consumer.groupMetadata());
    if (result instanceof CommitResult.Aborted aborted) {
      undecided = false;
      startAfresh(aborted.cause());
      return;
    }
    if (result instanceof CommitResult.Unknown unknown) {
      startAfresh(unknown.cause());
      return;
    }
    settle((CommitResult.Committed) result, announced);
    undecided = false;
    pieces = 0;
    mostPieces = mostPieces > MANY_PIECES ? Long.MAX_VALUE : mostPieces * 2;
    metrics.commits++;
    abortsInARow = 0;
    long took = clock.nanos() - begun;
    metrics.commitNanos += took;
    pace.committed(took);
    for (Task task : tasks.values()) {
      if (task.mayAnnounceFinish()) {
        pace.workDone(clock.nanos());
      }
    }
    acknowledge(offsets);
  }

  /** At-least-once commits offsets last; that they do not get through may repeat work, no more. */
  private void acknowledge(Map<TopicPartition, OffsetAndMetadata> offsets) {
    try {
      sender.acknowledge(offsets);
    } catch (RebalanceInProgressException e) {
      pace.workDone(clock.nanos());
    } catch (CommitFailedException | TimeoutException e) {
      startAfresh(e);
    }
  }

  private void sendEverything(List<Task> announced) {
    for (Task task : tasks.values()) {
      task.beforeCommit();
    }
    for (ShuffleWriter shuffle : shuffles) {
      shuffle.flush();
    }
    long now = clock.nanos();
    long wallMs = clock.wallMs();
    List<ChannelUpdate> updates = new ArrayList<>();
    for (Task task : tasks.values()) {
      task.progress().advance(wallMs);
      updates.add(task.progress().update());
    }
    for (int output = 0; output < shuffles.size(); output++) {
      List<ChannelUpdate> everywhere = new ArrayList<>();
      for (Task task : tasks.values()) {
        if (task.progress().isDue(output, now)) {
          everywhere.add(task.progress().update());
          task.progress().told(output, now);
        }
      }
      shuffles.get(output).finish(updates, everywhere);
    }
    for (Task task : tasks.values()) {
      task.send(sender);
      if (task.mayAnnounceFinish()) {
        finishLine.announce(sender, setup.stage().name(), task.partition());
        announced.add(task);
      }
    }
  }

  /** Brokers accept offsets of partitions that are not ours any more, so they must not be sent. */
  private void checkOwned(Set<TopicPartition> offsets) {
    Set<TopicPartition> assignment = consumer.assignment();
    for (TopicPartition partition : offsets) {
      if (!assignment.contains(partition)) {
        throw new IllegalStateException(
            "Task of " + partition + " is open although the partition is not assigned");
      }
    }
  }

  /** After Kafka's commit, never before it: rows into the store, files into the open. */
  private void settle(CommitResult.Committed committed, List<Task> announced) {
    for (Task task : tasks.values()) {
      task.committed(checkpoint(task, committed));
    }
    announced.forEach(Task::finishAnnounced);
  }

  private Optional<Checkpoint> checkpoint(Task task, CommitResult.Committed committed) {
    if (!task.hasChangedRows()) {
      return Optional.empty();
    }
    Long offset =
        committed.acknowledged().get(new TopicPartition(setup.changelog(), task.partition()));
    if (offset == null) {
      throw new IllegalStateException("A task with changed rows wrote nothing to its changelog");
    }
    var id = setup.changelogId().orElseThrow();
    return Optional.of(
        new Checkpoint(
            id.getMostSignificantBits(),
            id.getLeastSignificantBits(),
            -1,
            offset,
            task.txnSeq(),
            clock.wallMs(),
            setup.resetEpoch()));
  }

  /** Nothing since the last commit counts any more: every task goes back to what is committed. */
  private void startAfresh(RuntimeException cause) {
    abortsInARow++;
    LOGGER
        .atWarn()
        .addKeyValue("worker", transactionalId)
        .addKeyValue("cause", cause.toString())
        .log("A transaction did not commit; its tasks start afresh from what is committed");
    throwIfHopeless(cause);
    reopenTasks();
    clock.sleepMs(Math.min(1_000, 10L << Math.min(abortsInARow, 6)));
  }

  /** Some causes come back every time. */
  private void throwIfHopeless(RuntimeException cause) {
    if (cause instanceof UndeliveredException undelivered) {
      String topic = undelivered.topic();
      if (undelivered.getCause() instanceof RecordTooLargeException) {
        throw new RecordException(
            "Cannot write to topic "
                + topic
                + " from stage '"
                + setup.stage().name()
                + "': the broker takes no record of that size ("
                + undelivered.getCause().getMessage()
                + "). Raise max.message.bytes of the topic, or make the results smaller",
            cause);
      }
      if (isMissing(topic)) {
        throw new ConfigurationException(
            "Cannot write to topic "
                + topic
                + " from stage '"
                + setup.stage().name()
                + "': there is no such topic. Create it, and start again",
            cause);
      }
    }
    // A cluster that does not answer for a while is no reason to give up.
    boolean mayPass =
        cause instanceof RetriableException || cause.getCause() instanceof RetriableException;
    if (abortsInARow > MAX_ABORTS_IN_A_ROW && !mayPass) {
      throw cause;
    }
  }

  private boolean isMissing(String topic) {
    try {
      return worker.topics().describe(List.of(topic)).isEmpty();
    } catch (KafkaUnreachableException e) {
      return false;
    }
  }

  private void reopenTasks() {
    metrics.aborts++;
    pace.aborted();
    pieces = 0;
    shuffles.forEach(ShuffleWriter::abort);
    Fate fate = undecided ? Fate.UNKNOWN : Fate.ABORTED;
    undecided = false;
    Set<Integer> partitions = new TreeSet<>(tasks.keySet());
    tasks.values().forEach(task -> task.abandon(fate));
    tasks.clear();
    owned.forEach(partition -> partitions.add(partition.partition()));
    for (Integer partition : partitions) {
      if (isOwned(partition)) {
        opener.begin(partition);
      } else {
        stores.release(partition);
      }
    }
    pauseAll();
  }

  /**
   * The transaction is given up; if that keeps happening, nothing is tried for a while. The next
   * one is half as large: where a system fails now and then, a large one might never get through.
   */
  private void sinkIsDown(Circuit.Broken cause) {
    sender.abort();
    if (pieces > 0) {
      mostPieces = Math.max(1, Math.min(mostPieces, pieces) / 2);
    }
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

  // ------------------------------------------------------------------ tasks

  /**
   * A6 and A7: the frame is checked, operators are made, the consumer goes to where the task
   * begins.
   */
  private void start(TaskOpener.Opened opened) {
    int partition = opened.partition();
    if (!isOwned(partition)) {
      stores.release(partition);
      return;
    }
    StateStore store = opened.store();
    TaskState state =
        store == null ? null : new TaskState(setup, partition, store, worker.limits().overlay());
    CommitFrame frame = state == null ? null : state.lastFrame();
    List<OffsetAndMetadata> positions =
        TaskOpener.agree(setup, partition, opened.positions(), frame, worker.exactlyOnce());
    SmallFrame small = state == null ? TaskOpener.smallFrame(positions) : null;
    TaskProgress progress = restoredProgress(partition, frame, small);
    TaskFailures failures =
        new TaskFailures(
            setup.plan().job(),
            setup.stage().name(),
            worker.deadLetterTopic(),
            sender,
            metrics,
            clock,
            () -> stopping);
    TaskChain.Parts parts =
        new TaskChain.Parts(
            setup,
            partition,
            state,
            frame,
            progress,
            failures,
            shuffles,
            sender,
            metrics,
            clock,
            this::takesAnother,
            (sink, breaker) -> circuits.computeIfAbsent(sink, name -> new Circuit(name, breaker)));
    long txnSeq = frame != null ? frame.txnSeq() : small != null ? small.txnSeq() : 0;
    byte[] sourcePosition =
        frame != null
            ? frame.sourcePosition()
            : small != null ? small.sourcePosition() : TaskInput.NO_POSITION;
    Task task =
        new Task(parts, new TaskChain(parts), transactionalId, positions, txnSeq, sourcePosition);
    tasks.put(partition, task);
    TopicPartition[] inputs = task.partitions();
    for (int i = 0; i < inputs.length; i++) {
      consumer.seek(inputs[i], positions.get(i));
    }
    LOGGER
        .atDebug()
        .addKeyValue("task", setup.stage().name() + "-" + partition)
        .addKeyValue("positions", positions)
        .log("Task opened");
  }

  private TaskProgress restoredProgress(
      int partition, @Nullable CommitFrame frame, @Nullable SmallFrame small) {
    TaskProgress progress = new TaskProgress(setup, partition);
    long lastEpoch = -1;
    if (frame != null) {
      progress.restore(
          frame.status(),
          frame.eventTimeWatermark(),
          frame.processingTimeWatermark(),
          frame.channelVectors());
      lastEpoch = frame.ownerEpoch();
    } else if (small != null) {
      progress.restore(
          small.status(),
          small.eventTimeWatermark(),
          small.processingTimeWatermark(),
          small.channelVectors());
      lastEpoch = small.ownerEpoch();
    }
    // Ahead of every former epoch, also of an owner that died before its first commit.
    progress.own(Math.max(lastEpoch + 1, clock.wallMs()));
    return progress;
  }

  private boolean isOwned(int partition) {
    for (StageSetup.Input input : setup.inputs()) {
      if (!owned.contains(new TopicPartition(input.topic(), partition))) {
        return false;
      }
    }
    return true;
  }

  private void pauseAll() {
    consumer.pause(consumer.assignment());
    paused.addAll(consumer.assignment());
  }

  private void pauseAndResume() {
    Set<TopicPartition> wanted = new HashSet<>();
    for (TopicPartition partition : owned) {
      Task task = tasks.get(partition.partition());
      if (task == null || task.wantsPause() || held) {
        wanted.add(partition);
      }
    }
    if (wanted.equals(paused)) {
      return;
    }
    Set<TopicPartition> resume = new HashSet<>(paused);
    resume.removeAll(wanted);
    resume.retainAll(owned);
    consumer.resume(resume);
    consumer.pause(wanted);
    paused.clear();
    paused.addAll(wanted);
  }

  private void publishView() {
    List<TaskView> views = new ArrayList<>(tasks.size());
    for (Task task : tasks.values()) {
      List<Long> positions = new ArrayList<>();
      for (long position : task.positions()) {
        positions.add(position);
      }
      views.add(
          new TaskView(
              task.partition(),
              positions,
              task.progress().outputEventTime(),
              task.progress().status(),
              task.txnSeq()));
    }
    view =
        new View(
            views,
            opener.isIdle() ? Set.of() : opener.opening(),
            opener.isIdle() ? 0 : opener.remaining());
  }

  /** {@return the state held here, for the placement of tasks} */
  public Map<Integer, Long> heldTasks() {
    return stores.sequences();
  }

  private void close() {
    for (Task task : tasks.values()) {
      task.abandon(undecided ? Fate.UNKNOWN : Fate.ABORTED);
    }
    tasks.clear();
    opener.close();
    try {
      // Else an open transaction would hold up everybody's readers until the broker times it out.
      sender.abort();
    } catch (RuntimeException e) {
      LOGGER.atWarn().addKeyValue("worker", transactionalId).setCause(e).log("Could not abort");
    }
    sender.close();
    try {
      consumer.close(CloseOptions.timeout(worker.limits().shutdown()));
    } finally {
      stores.close();
    }
    publishView();
  }

  /** Runs inside {@code poll}, on the worker's thread. */
  private final class Rebalances implements ConsumerRebalanceListener {

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      owned.addAll(partitions);
      consumer.pause(partitions);
      paused.addAll(partitions);
      // Positions are found when tasks open. Without one, poll would look for committed offsets
      // itself, and fail for those that have expired although the frame has them.
      partitions.forEach(partition -> consumer.seek(partition, 0));
      for (TopicPartition partition : partitions) {
        int number = partition.partition();
        if (isOwned(number) && !tasks.containsKey(number)) {
          opener.begin(number);
        }
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty() && pace.isPending() && !tasks.isEmpty()) {
        commit();
      }
      drop(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      // Others own these already: what is open cannot be committed, for none of the tasks.
      owned.removeAll(partitions);
      if (tasks.isEmpty()) {
        drop(partitions);
        return;
      }
      sender.abort();
      startAfresh(new IllegalStateException("The group took partitions away: " + partitions));
      drop(partitions);
    }

    private void drop(Collection<TopicPartition> partitions) {
      owned.removeAll(partitions);
      paused.removeAll(partitions);
      for (TopicPartition partition : partitions) {
        opener.cancel(partition.partition());
        Task task = tasks.remove(partition.partition());
        if (task != null) {
          task.abandon(Fate.ABORTED);
        }
        stores.release(partition.partition());
      }
    }
  }
}
