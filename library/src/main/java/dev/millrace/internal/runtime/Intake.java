package dev.millrace.internal.runtime;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * The input of a worker: what it fetches, and how long it may wait for it.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Intake {

  private static final Duration IDLE_POLL = Duration.ofMillis(100);

  /**
   * For a worker that waits for nothing but records, which end the wait as they come. It is also
   * how long it may take to notice that it is to stop.
   */
  private static final Duration CALM_POLL = Duration.ofMillis(250);

  private static final Duration OPENING_POLL = Duration.ofMillis(5);
  private static final long SPLITS_POLL_NANOS = 10_000_000;

  /** While a partition waits for others, which take some milliseconds to come up with it. */
  private static final long BACKLOG_POLL_NANOS = 1_000_000;

  private static final long PROBE_NANOS = 5_000_000;
  private static final long UNRESOLVED_PAUSE_MS = 250;

  private final StageSetup setup;
  private final LostPositions lostPositions;
  private final PollFailures failures;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final Assignment assignment;
  private final RunningTasks tasks;
  private final Pauses pauses;
  private final Transactions transactions;
  private final CommitPace pace;
  private final CaughtUp caughtUp;
  private final Nap nap;
  private final OpenCalls calls;
  private final WorkerTime time;
  private final WorkerLife life;
  private final Inquiries inquiries;
  private final Clock clock;

  /** Positions that were not in the log when they were last tried. */
  private final Map<TopicPartition, Long> outOfRange = new HashMap<>();

  private boolean rebalanceFailed;

  private volatile boolean held;

  Intake(
      StageSetup setup,
      WorkerSetup worker,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Assignment assignment,
      RunningTasks tasks,
      Pauses pauses,
      Transactions transactions,
      CommitPace pace,
      CaughtUp caughtUp,
      OpenCalls calls,
      WorkerTime time,
      WorkerLife life,
      Inquiries inquiries) {
    this.setup = setup;
    this.lostPositions = new LostPositions(setup, worker);
    this.failures =
        new PollFailures(transactionalId, worker.cluster().afterRefusal(), worker.clock());
    this.consumer = consumer;
    this.sender = sender;
    this.assignment = assignment;
    this.tasks = tasks;
    this.pauses = pauses;
    this.transactions = transactions;
    this.pace = pace;
    this.caughtUp = caughtUp;
    this.calls = calls;
    this.time = time;
    this.life = life;
    this.inquiries = inquiries;
    this.clock = worker.clock();
    this.nap = new Nap(pace, clock);
  }

  /** Keeps a source from reading on, or lets it go on; for any thread. */
  void hold(Hold wanted) {
    held = wanted == Hold.PAUSE;
  }

  /** {@return whether the source is kept from reading on} */
  boolean isHeld() {
    return held;
  }

  /**
   * {@return whether tasks are to process nothing: pausing the consumer is not enough for a source
   * of splits, since a split that was fetched may take long to read}
   */
  boolean holdsTasks() {
    return held && setup.readsSplits();
  }

  /** {@return what was fetched} */
  ConsumerRecords<byte[], byte[]> poll() {
    Duration timeout = pollTimeout();
    if (calls.areUnderWay()) {
      long before = clock.nanos();
      calls.await(timeout);
      time.waited(clock.nanos() - before);
      timeout = Duration.ZERO;
    }
    Duration left = nap.before(timeout);
    time.waited(timeout.toNanos() - left.toNanos());
    long polled = clock.nanos();
    try {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(left);
      long waitedNanos = left.isZero() ? 0 : clock.nanos() - polled;
      nap.waited(waitedNanos);
      failures.passed();
      time.waited(waitedNanos);
      caughtUp.polled(records, Duration.ofNanos(waitedNanos));
      if (!outOfRange.isEmpty()) {
        outOfRange.keySet().removeAll(records.nextOffsets().keySet());
      }
      return records;
    } catch (OffsetOutOfRangeException e) {
      findPositions(e);
      return ConsumerRecords.empty();
    } catch (KafkaException e) {
      // Inside poll the worker commits what a rebalance takes away; the client wraps what that
      // throws.
      if (e.getCause() instanceof MillraceException ours) {
        throw ours;
      }
      if (rebalanceFailed) {
        throw e;
      }
      failures.waitOut(e);
      return ConsumerRecords.empty();
    }
  }

  /**
   * Takes in partitions, or releases some, inside poll. What fails there is half done, and no later
   * poll does the rest: the error stops the worker, whatever it is.
   */
  void rebalance(Runnable step) {
    boolean done = false;
    try {
      step.run();
      done = true;
    } finally {
      rebalanceFailed |= !done;
    }
  }

  /**
   * A worker that was suspended may have lost a partition without knowing, and the records it wants
   * to read may be purged; or records it has read but not committed are gone. In both cases the
   * tasks' committed positions are good, so these are looked up first. If one of them is not in the
   * log either, {@link LostPositions} decides where to go on.
   */
  private void findPositions(OffsetOutOfRangeException e) {
    boolean committed = true;
    for (Map.Entry<TopicPartition, Long> each : e.offsetOutOfRangePartitions().entrySet()) {
      committed &= each.getValue().equals(outOfRange.put(each.getKey(), each.getValue()));
    }
    if (!committed) {
      sender.abort();
      transactions.startAfresh(e);
    } else if (!goOnElsewhere(e)) {
      // Only a query has failed. The open work of the other tasks is still good, and the consumer
      // reports the same positions again with the next poll.
      clock.sleepMs(UNRESOLVED_PAUSE_MS);
      time.waited(TimeUnit.MILLISECONDS.toNanos(UNRESOLVED_PAUSE_MS));
    }
  }

  /** Forgets what was found out about partitions that are released. */
  void dropped(Collection<TopicPartition> partitions) {
    outOfRange.keySet().removeAll(partitions);
  }

  /**
   * Moves tasks to where they go on; returns false if the cluster does not report it at present.
   */
  private boolean goOnElsewhere(OffsetOutOfRangeException e) {
    Map<TopicPartition, OffsetAndMetadata> found = new HashMap<>();
    for (Map.Entry<TopicPartition, Long> each : e.offsetOutOfRangePartitions().entrySet()) {
      Optional<OffsetAndMetadata> position =
          lostPositions.resolve(each.getKey(), each.getValue(), e);
      if (position.isEmpty()) {
        return false;
      }
      found.put(each.getKey(), position.get());
    }
    found.forEach(assignment::jumpTo);
    // The next owner should not have to find this out again.
    pace.workDone(clock.nanos());
    return true;
  }

  private Duration pollTimeout() {
    if (transactions.isSuspended()) {
      return Duration.ofNanos(Math.min(IDLE_POLL.toNanos(), transactions.nanosSuspended()));
    }
    if (assignment.isOpening()) {
      // What is replayed has its own consumer, and waits for it.
      return assignment.isReplaying() ? Duration.ZERO : OPENING_POLL;
    }
    if (life.isCommitting()) {
      return IDLE_POLL; // Nothing is processed until the last call has ended.
    }
    if (life.awaitsRest()) {
      return restTimeout();
    }
    boolean idleSplits = false;
    boolean looksAtClock = false;
    boolean waitsForOthers = false;
    for (Task task : tasks.all()) {
      if (task.hasWork() && !holdsTasks() && !task.backlogWait().isOn()) {
        return Duration.ZERO;
      }
      waitsForOthers |= task.backlogWait().isOn();
      idleSplits |= task.idleMs().isPresent();
      looksAtClock |= task.looksAtClock();
    }
    long now = clock.nanos();
    // What is paused waits for something that no record announces.
    Duration longest = looksAtClock || pauses.areThere() ? IDLE_POLL : CALM_POLL;
    long wait = Math.min(longest.toNanos(), pendingWait(now));
    if (!pace.isPending() || pace.isSilent()) {
      // With a commit about to follow, due watermarks travel with it; polling with a shorter
      // timeout would only spin.
      for (Task task : tasks.all()) {
        wait = Math.min(wait, task.progress().nanosUntilDue(now));
      }
    }
    if (waitsForOthers) {
      wait = Math.min(wait, BACKLOG_POLL_NANOS);
    }
    if (idleSplits) {
      wait = Math.min(wait, SPLITS_POLL_NANOS);
    }
    if (inquiries.areExpected(now)) {
      wait = Math.min(wait, Inquiries.LOOK_NANOS);
    }
    return Duration.ofNanos(Math.max(wait, 0));
  }

  /**
   * How long to wait with something to commit: to its time, or for what proves that there is more.
   * What has nothing to show has time.
   */
  private long pendingWait(long now) {
    long rest = pace.nanosOfRest(now);
    if (rest > 0) {
      return rest;
    }
    return Math.min(pace.isSilent() ? Long.MAX_VALUE : PROBE_NANOS, pace.nanosUntilDue(now));
  }

  /** Whatever else is queued stays where it is until the commit. */
  private Duration restTimeout() {
    for (Task task : tasks.all()) {
      if (task.hasRest()) {
        return Duration.ZERO;
      }
    }
    return Duration.ofNanos(Math.min(IDLE_POLL.toNanos(), transactions.nanosAwaitingRest()));
  }
}
