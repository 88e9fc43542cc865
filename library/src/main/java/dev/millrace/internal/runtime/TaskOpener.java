package dev.millrace.internal.runtime;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.StateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnstableOffsetCommitException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens tasks: from an assigned partition to operators over restored rows.
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
 * <p>The order of A2 and A3 is what makes it right: once the group has moved on, an older owner's
 * transaction is either in both or in neither.
 *
 * <p><b>Threads.</b> Confined to the worker. Waits for answers of the cluster, a few milliseconds
 * as a rule.
 */
final class TaskOpener implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(TaskOpener.class);

  /**
   * Deletes that are older than this may have been compacted away: such a store cannot be caught
   * up.
   */
  private static final Duration MAX_STORE_AGE = Duration.ofDays(6);

  /** Short, since the worker's other tasks wait meanwhile. */
  private static final Duration STABLE_WAIT = Duration.ofMillis(150);

  private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();
  private static final long STALL_NANOS = Duration.ofMillis(500).toNanos();
  private static final long APPEAR_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long GIVE_UP_NANOS = Duration.ofSeconds(60).toNanos();

  /** What a task starts from. */
  record Opened(int partition, List<OffsetAndMetadata> positions, @Nullable StateStore store) {}

  private record Positions(List<OffsetAndMetadata> offsets, StateStore store) {}

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final TaskStores stores;
  private final Restorer restorer;
  private final Fencer fencer;

  /** Partitions that wait for A2; with the time they began to wait. */
  private final Map<Integer, Long> assigned = new TreeMap<>();

  /** What has opened and was not handed out yet, since a later step may fail. */
  private final List<Opened> opened = new ArrayList<>();

  /** Partitions whose rows are being replayed. */
  private final Map<Integer, Positions> restoring = new HashMap<>();

  private long nextTryNanos = Long.MIN_VALUE;
  private long restoresWatchedNanos = Long.MIN_VALUE;

  TaskOpener(
      StageSetup setup, WorkerSetup worker, TaskStores stores, Restorer restorer, Fencer fencer) {
    this.setup = setup;
    this.worker = worker;
    this.stores = stores;
    this.restorer = restorer;
    this.fencer = fencer;
  }

  /** Begins to open a task. */
  void begin(int partition) {
    cancel(partition);
    assigned.put(partition, worker.clock().nanos());
    nextTryNanos = Long.MIN_VALUE;
  }

  /** Stops opening a task. */
  void cancel(int partition) {
    assigned.remove(partition);
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
    Set<Integer> all = new TreeSet<>(assigned.keySet());
    all.addAll(restoring.keySet());
    return all;
  }

  /** Goes one step; returns what can start. Whatever fails is tried again in a later step. */
  List<Opened> step(Consumer<byte[], byte[]> consumer) {
    long now = worker.clock().nanos();
    if (!assigned.isEmpty() && now >= nextTryNanos) {
      refuseNewPartitions();
      // Set first: also after an exception nobody should be asked again at once.
      nextTryNanos = now + RETRY_NANOS;
      fencer.fenceDeparted();
      if (readOffsets(consumer)) {
        nextTryNanos = Long.MIN_VALUE;
      }
      giveUpOnTheUndecided(now);
    }
    for (TopicPartition done : restorer.step()) {
      Positions positions = restoring.remove(done.partition());
      if (positions != null) {
        opened.add(new Opened(done.partition(), positions.offsets(), positions.store()));
      }
    }
    watchRestores(now);
    List<Opened> ready = List.copyOf(opened);
    opened.clear();
    return ready;
  }

  /** Keys would move between partitions, away from their rows. */
  private void refuseNewPartitions() {
    for (int partition : assigned.keySet()) {
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
   * A dead owner's open transaction on a changelog would hold a restore up until the broker ends
   * it.
   */
  private void watchRestores(long now) {
    if (restoring.isEmpty()
        || now - restoresWatchedNanos < STALL_NANOS && restoresWatchedNanos != Long.MIN_VALUE) {
      return;
    }
    restoresWatchedNanos = now;
    Set<TopicPartition> changelogs = new HashSet<>();
    restoring.keySet().forEach(partition -> changelogs.add(changelog(partition)));
    fencer.watch(changelogs);
  }

  /** A2; returns whether every assigned task got further. */
  private boolean readOffsets(Consumer<byte[], byte[]> consumer) {
    Map<Integer, List<OffsetAndMetadata>> known = new LinkedHashMap<>();
    boolean complete = readOffsets(consumer, assigned.keySet(), known);
    if (!complete && assigned.size() > 1) {
      // One undecided offset spoils the answer for all: ask for each task by itself.
      for (Integer partition : assigned.keySet()) {
        readOffsets(consumer, Set.of(partition), known);
      }
    }
    if (!complete) {
      fencer.fenceDeadOwners(stateful() ? changelogs() : Set.of());
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

  private boolean readOffsets(
      Consumer<byte[], byte[]> consumer,
      Set<Integer> partitions,
      Map<Integer, List<OffsetAndMetadata>> known) {
    Set<TopicPartition> wanted = new HashSet<>();
    for (int partition : partitions) {
      setup.inputs().forEach(input -> wanted.add(new TopicPartition(input.topic(), partition)));
    }
    try {
      Map<TopicPartition, OffsetAndMetadata> offsets = consumer.committed(wanted, STABLE_WAIT);
      for (int partition : partitions) {
        known.put(partition, positions(partition, offsets));
      }
      return true;
    } catch (TimeoutException | UnstableOffsetCommitException e) {
      return false;
    }
  }

  /** A coordinator that resigns can answer for a moment that there is no offset. */
  private boolean mayStillAppear(int partition, List<OffsetAndMetadata> positions, long now) {
    Long since = assigned.get(partition);
    return positions.contains(MISSING) && since != null && now - since < APPEAR_NANOS;
  }

  private void giveUpOnTheUndecided(long now) {
    if (assigned.values().stream().anyMatch(since -> now - since > GIVE_UP_NANOS)) {
      throw new MillraceException(
          "Cannot open tasks of stage '"
              + setup.stage().name()
              + "': the group's offsets stay undecided (group "
              + setup.group()
              + ", partitions "
              + assigned.keySet()
              + "). Look for hanging transactions with kafka-transactions.sh");
    }
  }

  private List<OffsetAndMetadata> positions(
      int partition, Map<TopicPartition, OffsetAndMetadata> offsets) {
    List<OffsetAndMetadata> positions = new ArrayList<>();
    for (StageSetup.Input input : setup.inputs()) {
      TopicPartition from = new TopicPartition(input.topic(), partition);
      OffsetAndMetadata offset = offsets.get(from);
      positions.add(offset == null ? MISSING : offset);
    }
    return positions;
  }

  /** Stands for an offset that the group does not have: the frame may still know it. */
  static final OffsetAndMetadata MISSING = new OffsetAndMetadata(0, "missing");

  /**
   * A3 and A4, for all tasks at once. A task leaves the waiting ones only when nothing can fail any
   * more.
   */
  private void restore(Map<Integer, List<OffsetAndMetadata>> positions) {
    if (positions.isEmpty()) {
      return;
    }
    Set<TopicPartition> changelogs = new HashSet<>();
    positions.keySet().forEach(partition -> changelogs.add(changelog(partition)));
    Map<TopicPartition, Long> ends =
        worker.topics().endOffsets(changelogs, IsolationLevel.READ_UNCOMMITTED);
    Map<TopicPartition, Long> beginnings = worker.topics().beginningOffsets(changelogs);
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
          } // Else the former owner on this machine has not let go yet: next time.
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
      restoring.put(partition, new Positions(offsets, store));
      restorer.begin(changelog(partition), store, changelogId(), setup.resetEpoch(), from, end);
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
   * {@return whether a task's offsets are others by now, or are just being changed: somebody else
   * has the task and commits, which this worker has not been told yet}
   */
  boolean hasMoved(Consumer<byte[], byte[]> consumer, Opened task) {
    Map<Integer, List<OffsetAndMetadata>> known = new HashMap<>();
    return !readOffsets(consumer, Set.of(task.partition()), known)
        || !task.positions().equals(known.get(task.partition()));
  }

  /** A6: what the frame says must be what the group says. */
  static List<OffsetAndMetadata> agree(
      StageSetup setup,
      int partition,
      List<OffsetAndMetadata> group,
      @Nullable CommitFrame frame,
      boolean exactlyOnce) {
    List<OffsetAndMetadata> agreed = new ArrayList<>();
    for (int i = 0; i < group.size(); i++) {
      OffsetAndMetadata committed = group.get(i);
      @Nullable InputPosition framed = frame == null ? null : frame.inputPositions().get(i);
      StageSetup.Input input = setup.inputs().get(i);
      if (framed != null && !framed.topicId().equals(input.topicId())) {
        throw new OffsetsDivergedException(
            "Cannot open task "
                + partition
                + " of stage '"
                + setup.stage().name()
                + "': topic "
                + input.topic()
                + " was deleted and created again since the last commit. Run reset to start over"
                + " with the new topic");
      }
      if (committed.equals(MISSING) && framed == null && neverCommitted(setup, input)) {
        agreed.add(new OffsetAndMetadata(0));
        continue;
      }
      if (committed.equals(MISSING) && framed == null) {
        throw new OffsetsDivergedException(
            "Cannot open task "
                + partition
                + " of stage '"
                + setup.stage().name()
                + "': group "
                + setup.group()
                + " has no offset for topic "
                + input.topic()
                + ". They were deleted or have expired. Run reset to say where to begin");
      }
      if (committed.equals(MISSING) && framed != null) {
        agreed.add(position(framed));
        continue;
      }
      if (framed == null && committed.metadata().isEmpty()) {
        throw new OffsetsDivergedException(
            "Cannot open task "
                + partition
                + " of stage '"
                + setup.stage().name()
                + "': the offset in group "
                + setup.group()
                + " was not written by this job (topic "
                + input.topic()
                + ", offset "
                + committed.offset()
                + "). Somebody moved the group's offsets: run reset to begin there in good order");
      }
      boolean frameIsNewer = !exactlyOnce && framed != null && framed.offset() > committed.offset();
      if (framed == null || framed.offset() == committed.offset()) {
        agreed.add(committed);
      } else if (frameIsNewer) {
        // At-least-once writes the frame ahead of the offsets.
        agreed.add(position(framed));
      } else {
        throw new OffsetsDivergedException(
            "Cannot open task "
                + partition
                + " of stage '"
                + setup.stage().name()
                + "': the group's offset and the state are of different moments (topic "
                + input.topic()
                + ", offset "
                + committed.offset()
                + " in group "
                + setup.group()
                + ", "
                + framed.offset()
                + " in the state). Somebody moved the group's offsets: put them back, or run reset");
      }
    }
    return agreed;
  }

  private static OffsetAndMetadata position(InputPosition framed) {
    return new OffsetAndMetadata(
        framed.offset(),
        framed.leaderEpoch() < 0 ? Optional.empty() : Optional.of(framed.leaderEpoch()),
        "");
  }

  /**
   * A task with a changelog writes a frame in its first transaction: without one it has committed
   * nothing, and a shuffle, which is the job's own from its first record on, is read from there.
   */
  private static boolean neverCommitted(StageSetup setup, StageSetup.Input input) {
    return setup.stage().keepsChangelog() && input.channels() > 0;
  }

  /** {@return the small frame of a task without rows, or null at its first start} */
  static @Nullable SmallFrame smallFrame(List<OffsetAndMetadata> positions) {
    String metadata = positions.get(0).metadata();
    return metadata.equals(SmallFrame.NONE) || positions.get(0).equals(MISSING)
        ? null
        : SmallFrame.decode(metadata);
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
    assigned.keySet().forEach(partition -> all.add(changelog(partition)));
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
