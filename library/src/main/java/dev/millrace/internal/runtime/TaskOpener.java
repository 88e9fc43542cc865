package dev.millrace.internal.runtime;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.StateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The opening of tasks: from an assigned partition to operators over restored rows.
 *
 * <pre>
 *   A2  the group's stable offset     (waits for a transaction of the former owner to be decided)
 *   A3  the changelog's end           (after A2, read_uncommitted)
 *   A4  is the local store usable     (topic id, offset, age, reset epoch), else wipe it
 *   A5  replay the changelog          (in slices; other tasks go on)
 *   A6  the frame must agree with A2  (else DIVERGED: stop, never guess)
 *   A7  operators, then processing
 * </pre>
 *
 * <p>The order of A2 and A3 is what makes it correct: once the group has moved on, an older owner's
 * transaction is either in both or in neither.
 *
 * <p><b>Threads.</b> Confined to the worker. It waits for answers of the cluster, usually a few
 * milliseconds.
 */
final class TaskOpener implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(TaskOpener.class);

  /**
   * The age up to which a store is used: tombstones that are older may have been compacted away, so
   * that replaying would not delete their keys.
   */
  private static final Duration MAX_STORE_AGE = Duration.ofDays(6);

  /** Short, since the worker's other tasks wait meanwhile. */
  private static final Duration STABLE_WAIT = Duration.ofMillis(150);

  /**
   * The longest wait for a coordinator that is slow although there is no transaction to wait for.
   */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

  private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();
  private static final long LONGEST_ANSWER_NANOS = 10 * RETRY_NANOS;
  private static final long LATE_FENCING_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long STALL_NANOS = Duration.ofMillis(500).toNanos();
  private static final long GONE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long APPEAR_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long GIVE_UP_NANOS = Duration.ofSeconds(60).toNanos();

  /** The positions and the store that a task starts from. */
  record Opened(int partition, List<OffsetAndMetadata> positions, @Nullable StateStore store) {}

  private record Positions(List<OffsetAndMetadata> offsets, StateStore store) {}

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final TaskStores stores;
  private final Restorer restorer;
  private final Fencer fencer;
  private final AuxiliaryCalls calls;

  /** Partitions that wait for A2. */
  private final Set<Integer> assigned = new TreeSet<>();

  /** For how long the coordinator has been answering that a transaction is undecided. */
  private final AnswerClock undecided = new AnswerClock(LONGEST_ANSWER_NANOS);

  /** For how long the coordinator has been answering that there is no offset. */
  private final AnswerClock missing = new AnswerClock(LONGEST_ANSWER_NANOS);

  /** Tasks that have opened and were not returned yet, since a later step may fail. */
  private final List<Opened> opened = new ArrayList<>();

  /** Partitions whose rows are being replayed. */
  private final Map<Integer, Positions> restoring = new HashMap<>();

  private final Attempts lookUps;
  private final Attempts replays;
  private final OpeningLog log;
  private final ChangelogCheck changelogCheck;
  private Duration stableWait = STABLE_WAIT;
  private long nextTryNanos = Long.MIN_VALUE;
  private boolean owesFencing;
  private long restoresWatchedNanos = Long.MIN_VALUE;

  TaskOpener(
      StageSetup setup,
      WorkerSetup worker,
      String transactionalId,
      TaskStores stores,
      Restorer restorer,
      Fencer fencer,
      AuxiliaryCalls calls) {
    this.setup = setup;
    this.worker = worker;
    this.stores = stores;
    this.restorer = restorer;
    this.fencer = fencer;
    this.calls = calls;
    this.lookUps =
        new Attempts(
            transactionalId,
            "It cannot be found out yet where tasks begin; trying again",
            worker.clock());
    this.replays =
        new Attempts(
            transactionalId, "Changelogs cannot be read at present; trying again", worker.clock());
    this.log = new OpeningLog(setup.stage().name(), worker.clock());
    this.changelogCheck = new ChangelogCheck(setup, worker.cluster().topics(), calls, worker.clock());
  }

  /** Begins to open a task. */
  void begin(int partition) {
    cancel(partition);
    assigned.add(partition);
    log.waits(partition, OpeningLog.Awaited.OFFSETS);
    nextTryNanos = Long.MIN_VALUE;
  }

  /** Stops opening a task. */
  void cancel(int partition) {
    assigned.remove(partition);
    undecided.forget(partition);
    missing.forget(partition);
    log.forget(partition);
    opened.removeIf(each -> each.partition() == partition);
    if (restoring.remove(partition) != null) {
      restorer.cancel(changelog(partition));
    }
  }

  /** {@return whether no task is being opened} */
  boolean isIdle() {
    return assigned.isEmpty() && restoring.isEmpty() && opened.isEmpty();
  }

  /** {@return the partitions that are being opened} */
  Set<Integer> opening() {
    Set<Integer> all = new TreeSet<>(assigned);
    all.addAll(restoring.keySet());
    return all;
  }

  /**
   * Takes one step; returns the tasks that can start. A task for which the step fails is tried
   * again in a later one, and does not keep others from starting.
   */
  List<Opened> step(Consumer<byte[], byte[]> consumer) {
    long now = worker.clock().nanos();
    if (!assigned.isEmpty() && now >= nextTryNanos && lookUps.areDue()) {
      lookUp(consumer, now);
    }
    if (!restoring.isEmpty() && replays.areDue()) {
      for (TopicPartition done : replay()) {
        Positions positions = restoring.remove(done.partition());
        if (positions != null) {
          opened.add(new Opened(done.partition(), positions.offsets(), positions.store()));
        }
      }
    }
    watchRestores(now);
    log.reportIfDue(restorer.remaining());
    List<Opened> ready = List.copyOf(opened);
    opened.clear();
    ready.forEach(each -> log.forget(each.partition()));
    return ready;
  }

  private void lookUp(Consumer<byte[], byte[]> consumer, long now) {
    refuseNewPartitions();
    // Set first: even after an exception the cluster should not be asked again at once.
    nextTryNanos = now + RETRY_NANOS;
    owesFencing = !fencer.fenceDeparted();
    try {
      if (readOffsets(consumer)) {
        nextTryNanos = Long.MIN_VALUE;
      }
      lookUps.succeeded();
    } catch (RuntimeException e) {
      lookUps.failed(e);
      if (stateful()) {
        changelogCheck.look();
      }
    }
    giveUpOnTheUndecided();
  }

  /** Repeats a fencing that failed while tasks opened: others wait for those transactions. */
  void fenceLate() {
    if (owesFencing && worker.clock().nanos() >= nextTryNanos) {
      nextTryNanos = worker.clock().nanos() + LATE_FENCING_NANOS;
      owesFencing = !fencer.fenceDeparted();
    }
  }

  /**
   * Replays a slice; a changelog that was truncated or deleted from meanwhile is read from its
   * start, since the changelog is what counts.
   */
  private Set<TopicPartition> replay() {
    long before = restorer.remaining();
    try {
      Set<TopicPartition> done = restorer.step();
      if (!done.isEmpty() || restorer.remaining() < before) {
        replays.succeeded(); // No records may only mean that a fetch is under way.
      }
      return done;
    } catch (OffsetOutOfRangeException e) {
      for (TopicPartition changelog : e.offsetOutOfRangePartitions().keySet()) {
        int partition = changelog.partition();
        if (restoring.remove(partition) != null) {
          LOGGER
              .atWarn()
              .addKeyValue("task", setup.stage().name() + "-" + partition)
              .addKeyValue("cause", e.getMessage())
              .log("A changelog changed while it was replayed; restoring from its start");
          restorer.cancel(changelog);
          stores.wipe(partition);
          assigned.add(partition);
        }
      }
      return Set.of();
    } catch (KafkaException e) {
      replays.failed(e);
      giveUpOnTheUnreadable(e);
      restorer.fetchAnew();
      return Set.of();
    }
  }

  private void giveUpOnTheUnreadable(KafkaException cause) {
    if (replays.refusedNanos() >= GIVE_UP_NANOS) {
      throw new MillraceException(
          "Cannot restore stage '"
              + setup.stage().name()
              + "': for "
              + Duration.ofNanos(GIVE_UP_NANOS).toSeconds()
              + " s its changelog could not be read, although Kafka answers (topic "
              + setup.changelog()
              + ", one of the partitions "
              + new TreeSet<>(restoring.keySet())
              + ": "
              + KafkaErrors.text(cause)
              + "). Look at that partition's log with kafka-dump-log.sh; if it is damaged on the"
              + " leader, make a sound replica the leader, and start again",
          cause);
    }
  }

  /**
   * Refuses a shuffle with more partitions: its keys would move between them, away from their rows.
   */
  private void refuseNewPartitions() {
    for (int partition : assigned) {
      if (partition >= setup.tasks()) {
        throw new IncompatibleJobException(
            "Cannot go on with stage '"
                + setup.stage().name()
                + "': one of its topics has grown while the job ran ("
                + String.join(", ", setup.inputs().stream().map(StageSetup.Input::topic).toList())
                + " has a partition "
                + partition
                + " where the job was deployed for "
                + setup.tasks()
                + " partitions). Nothing is lost. Run reset and start again to work with all of"
                + " them");
      }
    }
  }

  /**
   * Fences dead owners' open transactions on changelogs: each would hold up a restore until the
   * broker ends it.
   */
  private void watchRestores(long now) {
    if (restoring.isEmpty()
        || now - restoresWatchedNanos < STALL_NANOS && restoresWatchedNanos != Long.MIN_VALUE) {
      return;
    }
    Set<TopicPartition> stalled = restorer.stalledFor(STALL_NANOS);
    if (!stalled.isEmpty()) {
      restoresWatchedNanos = now;
      fencer.watch(stalled);
      if (!restorer.stalledFor(GONE_NANOS).isEmpty()) {
        changelogCheck.look();
      }
    }
  }

  /** A2; returns whether every assigned task got further. */
  private boolean readOffsets(Consumer<byte[], byte[]> consumer) {
    Map<Integer, List<OffsetAndMetadata>> known = new LinkedHashMap<>();
    boolean complete = readOffsets(consumer, assigned, known);
    if (!complete && assigned.size() > 1 && stableWait.equals(STABLE_WAIT)) {
      // One undecided offset spoils the answer for all: ask for each task by itself.
      for (Integer partition : assigned) {
        readOffsets(consumer, Set.of(partition), known);
      }
    }
    if (!complete) {
      if (findUndecided(known.keySet())) {
        stableWait = STABLE_WAIT;
        fencer.fenceDeadOwners(stateful() ? changelogs() : Set.of());
      } else {
        // The coordinator itself is slow: with the same wait no answer would ever be in time.
        Duration doubled = stableWait.multipliedBy(2);
        stableWait = doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT;
      }
    }
    long now = worker.clock().nanos();
    known.entrySet().removeIf(each -> mayStillAppear(each.getKey(), each.getValue(), now));
    if (stateful()) {
      restore(known);
    } else {
      known.forEach(
          (partition, positions) -> {
            opened.add(new Opened(partition, positions, null));
            assigned.remove(partition);
          });
    }
    return assigned.isEmpty();
  }

  /**
   * Finds out why offsets are not known: the consumer does not distinguish an undecided transaction
   * from a coordinator that does not answer. Returns whether there is such a transaction.
   */
  private boolean findUndecided(Set<Integer> known) {
    Set<Integer> asked = new TreeSet<>(assigned);
    asked.removeAll(known);
    Optional<Set<TopicPartition>> answer =
        calls.ask(
            "find out which offsets are undecided",
            () -> worker.cluster().groups().undecided(setup.group(), inputs(asked)));
    boolean any = false;
    for (int partition : asked) {
      if (answer.isEmpty()) {
        undecided.unanswered(partition);
        missing.unanswered(partition);
      } else {
        boolean found = !Collections.disjoint(answer.get(), inputs(Set.of(partition)));
        undecided.answered(partition, found, worker.clock().nanos());
        any |= found;
        log.waits(partition, found ? OpeningLog.Awaited.DECISION : OpeningLog.Awaited.OFFSETS);
      }
    }
    return any;
  }

  private Set<TopicPartition> inputs(Set<Integer> partitions) {
    Set<TopicPartition> inputs = new HashSet<>();
    for (int partition : partitions) {
      setup.inputs().forEach(input -> inputs.add(new TopicPartition(input.topic(), partition)));
    }
    return inputs;
  }

  private boolean readOffsets(
      Consumer<byte[], byte[]> consumer,
      Set<Integer> partitions,
      Map<Integer, List<OffsetAndMetadata>> known) {
    try {
      Map<TopicPartition, OffsetAndMetadata> offsets =
          consumer.committed(inputs(partitions), stableWait);
      for (int partition : partitions) {
        known.put(partition, positions(partition, offsets));
      }
      return true;
    } catch (KafkaException e) {
      if (!KafkaErrors.mayPass(e)) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Whether a missing offset may still appear: a coordinator that resigns can answer for a moment
   * that there is none.
   */
  private boolean mayStillAppear(int partition, List<OffsetAndMetadata> positions, long now) {
    undecided.forget(partition);
    missing.answered(partition, positions.contains(Agreement.MISSING), now);
    if (!positions.contains(Agreement.MISSING) || missing.nanos(partition) >= APPEAR_NANOS) {
      return false;
    }
    log.waits(partition, OpeningLog.Awaited.FIRST_OFFSETS);
    return true;
  }

  private void giveUpOnTheUndecided() {
    Set<Integer> stuck = undecided.longerThan(assigned, GIVE_UP_NANOS);
    if (!stuck.isEmpty()) {
      throw new MillraceException(
          "Cannot open tasks of stage '"
              + setup.stage().name()
              + "': for "
              + Duration.ofNanos(GIVE_UP_NANOS).toSeconds()
              + " s the group's coordinator has been answering that a transaction over their"
              + " offsets is undecided (group "
              + setup.group()
              + ", partitions "
              + stuck
              + "). Look for hanging transactions with kafka-transactions.sh, abort them, and start"
              + " again");
    }
  }

  private List<OffsetAndMetadata> positions(
      int partition, Map<TopicPartition, OffsetAndMetadata> offsets) {
    List<OffsetAndMetadata> positions = new ArrayList<>();
    for (StageSetup.Input input : setup.inputs()) {
      TopicPartition from = new TopicPartition(input.topic(), partition);
      OffsetAndMetadata offset = offsets.get(from);
      positions.add(offset == null ? Agreement.MISSING : offset);
    }
    return positions;
  }

  /**
   * Steps A3 and A4, for all tasks at once. A task stops waiting for A2 only when nothing can fail
   * any more.
   */
  private void restore(Map<Integer, List<OffsetAndMetadata>> positions) {
    if (positions.isEmpty()) {
      return;
    }
    Set<TopicPartition> changelogs = new HashSet<>();
    positions.keySet().forEach(partition -> changelogs.add(changelog(partition)));
    Map<TopicPartition, Long> ends =
        worker.cluster().offsets().ends(changelogs, IsolationLevel.READ_UNCOMMITTED);
    Map<TopicPartition, Long> beginnings = worker.cluster().offsets().beginnings(changelogs);
    positions.forEach(
        (partition, offsets) -> {
          StateStore store = stores.open(partition);
          if (store != null) {
            TopicPartition changelog = changelog(partition);
            begin(
                partition,
                offsets,
                store,
                beginnings.getOrDefault(changelog, 0L),
                ends.getOrDefault(changelog, 0L));
          } else { // The former owner on this machine still holds it: try again later.
            log.waits(partition, OpeningLog.Awaited.LOCAL_STATE);
          }
        });
  }

  private void begin(
      int partition, List<OffsetAndMetadata> offsets, StateStore found, long beginning, long end) {
    StateStore store = found;
    Checkpoint checkpoint = store.checkpoint();
    if (checkpoint != null && !isUsable(checkpoint, end)) {
      LOGGER
          .atInfo()
          .addKeyValue("task", setup.stage().name() + "-" + partition)
          .addKeyValue("checkpoint", checkpoint)
          .addKeyValue("changelogEnd", end)
          .log("Local state does not go with the changelog; restoring it from the start");
      store = stores.wipe(partition);
      checkpoint = null;
    }
    long from = checkpoint == null ? beginning : checkpoint.changelogOffset();
    if (from >= end) {
      opened.add(new Opened(partition, offsets, store));
    } else {
      restorer.begin(changelog(partition), store, changelogId(), setup.resetEpoch(), from, end);
      restoring.put(partition, new Positions(offsets, store));
      log.waits(partition, OpeningLog.Awaited.CHANGELOG);
    }
    assigned.remove(partition);
  }

  private boolean isUsable(Checkpoint checkpoint, long end) {
    UUID id = new UUID(checkpoint.topicIdHigh(), checkpoint.topicIdLow());
    return id.equals(changelogId())
        && checkpoint.resetEpoch() == setup.resetEpoch()
        && checkpoint.changelogOffset() <= end
        && worker.clock().wallMs() - checkpoint.wallMs() < MAX_STORE_AGE.toMillis();
  }

  /**
   * {@return whether a task's offsets have changed, or are just being changed: another worker owns
   * the task and commits, which this worker does not know yet}
   */
  boolean hasMoved(Consumer<byte[], byte[]> consumer, Opened task) {
    Map<Integer, List<OffsetAndMetadata>> known = new HashMap<>();
    return !readOffsets(consumer, Set.of(task.partition()), known)
        || !task.positions().equals(known.get(task.partition()));
  }

  /** {@return the small frame of a task without rows, or null at its first start} */
  static @Nullable SmallFrame smallFrame(List<OffsetAndMetadata> positions) {
    String metadata = positions.get(0).metadata();
    return SmallFrame.isIn(metadata) && !positions.get(0).equals(Agreement.MISSING)
        ? SmallFrame.decode(metadata)
        : null;
  }

  private boolean stateful() {
    return setup.stage().keepsChangelog();
  }

  private UUID changelogId() {
    return setup.changelogId().orElseThrow();
  }

  private TopicPartition changelog(int partition) {
    return new TopicPartition(setup.changelog(), partition);
  }

  private Set<TopicPartition> changelogs() {
    Set<TopicPartition> all = new HashSet<>();
    assigned.forEach(partition -> all.add(changelog(partition)));
    return all;
  }

  /** {@return how many changelog records are still to be replayed} */
  long remaining() {
    return restorer.remaining();
  }

  @Override
  public void close() {
    assigned.clear();
    restoring.clear();
    restorer.close();
  }
}
