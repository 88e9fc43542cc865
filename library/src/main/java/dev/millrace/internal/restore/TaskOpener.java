package dev.millrace.internal.restore;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.TaskCount;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.StateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
 * milliseconds, and for the disk, for a quarter of a second and at most one store longer.
 */
public final class TaskOpener implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(TaskOpener.class);

  /**
   * The age up to which a store is used: tombstones that are older may have been compacted away, so
   * that replaying would not delete their keys.
   */
  private static final Duration MAX_STORE_AGE = Duration.ofDays(6);

  /**
   * How long a step goes on opening stores. Each waits for the disk several times, so that a worker
   * with many tasks might be taken for dead meanwhile, and those that are open would wait for all
   * others. It is longer than the pause before the next step, which then follows at once.
   */
  private static final long STEP_NANOS = Duration.ofMillis(250).toNanos();

  private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();
  private static final long LATE_FENCING_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long STALL_NANOS = Duration.ofMillis(500).toNanos();
  private static final long GONE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long GIVE_UP_NANOS = Duration.ofSeconds(60).toNanos();

  /** The positions and the store that a task starts from. */
  public record Opened(
      int partition, List<OffsetAndMetadata> positions, @Nullable StateStore store) {}

  private record Positions(List<OffsetAndMetadata> offsets, StateStore store) {}

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final TaskCount tasks;
  private final TaskStores stores;
  private final Restorer restorer;
  private final Fencer fencer;
  private final StableOffsets offsets;

  /** Partitions that wait for A2. */
  private final Set<Integer> assigned = new TreeSet<>();

  /** Tasks that have opened and were not returned yet, since a later step may fail. */
  private final List<Opened> opened = new ArrayList<>();

  /** Partitions whose rows are being replayed. */
  private final Map<Integer, Positions> restoring = new HashMap<>();

  private final Attempts lookUps;
  private final Attempts replays;
  private final OpeningLog log;
  private final ChangelogCheck changelogCheck;
  private long nextTryNanos = Long.MIN_VALUE;
  private boolean owesFencing;
  private long restoresWatchedNanos = Long.MIN_VALUE;

  /** Creates the opener of a worker, which has no task yet. */
  public TaskOpener(
      StageSetup setup,
      WorkerSetup worker,
      TaskCount tasks,
      String transactionalId,
      TaskStores stores,
      StageMetrics metrics,
      Fencer fencer,
      AuxiliaryCalls calls) {
    this.setup = setup;
    this.worker = worker;
    this.tasks = tasks;
    this.stores = stores;
    this.restorer =
        new Restorer(
            worker.cluster().clients(),
            transactionalId + "-restore",
            metrics,
            worker.clock(),
            // Their task's cache is empty until then.
            worker.limits().overlay().cachedBytes());
    this.fencer = fencer;
    this.lookUps =
        new Attempts(
            transactionalId,
            "It cannot be found out yet where tasks begin; trying again",
            worker.clock());
    this.replays =
        new Attempts(
            transactionalId, "Changelogs cannot be read at present; trying again", worker.clock());
    this.log = new OpeningLog(setup.stage().name(), worker.clock());
    this.offsets = new StableOffsets(setup, worker, fencer, calls, log);
    this.changelogCheck =
        new ChangelogCheck(setup, worker.cluster().topics(), calls, worker.clock());
  }

  /** Begins to open a task. */
  public void begin(int partition) {
    cancel(partition);
    assigned.add(partition);
    log.waits(partition, OpeningLog.Awaited.OFFSETS);
    nextTryNanos = Long.MIN_VALUE;
  }

  /** Stops opening a task. */
  public void cancel(int partition) {
    assigned.remove(partition);
    offsets.forget(partition);
    if (assigned.isEmpty()) {
      offsets.asksNoMore();
    }
    log.forget(partition);
    opened.removeIf(each -> each.partition() == partition);
    if (restoring.remove(partition) != null) {
      restorer.cancel(changelog(partition));
    }
  }

  /** {@return whether no task is being opened} */
  public boolean isIdle() {
    return assigned.isEmpty() && restoring.isEmpty() && opened.isEmpty();
  }

  /** {@return whether rows are being replayed that need not be waited for} */
  public boolean isReplaying() {
    return !restoring.isEmpty() && restorer.isReplaying();
  }

  /** {@return the partitions that are being opened} */
  public Set<Integer> opening() {
    Set<Integer> all = new TreeSet<>(assigned);
    all.addAll(restoring.keySet());
    return all;
  }

  /**
   * Takes one step; returns the tasks that can start. A task for which the step fails is tried
   * again in a later one, and does not keep others from starting.
   */
  public List<Opened> step(Consumer<byte[], byte[]> consumer) {
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
    offsets.giveUpOnTheUndecided(assigned);
  }

  /** Repeats a fencing that failed while tasks opened: others wait for those transactions. */
  public void fenceLate() {
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
          Place.ofStage(setup.stage().name()).withTopic(setup.changelog()),
          cause);
    }
  }

  /**
   * Refuses a shuffle with more partitions: its keys would move between them, away from their rows.
   */
  private void refuseNewPartitions() {
    for (int partition : assigned) {
      if (partition >= tasks.agreed()) {
        throw new IncompatibleJobException(
            "Cannot go on with stage '"
                + setup.stage().name()
                + "': one of its topics has grown while the job ran ("
                + String.join(", ", setup.inputs().stream().map(StageSetup.Input::topic).toList())
                + " has a partition "
                + partition
                + " where the job was deployed for "
                + tasks.agreed()
                + " partitions). Nothing is lost. Run reset and start again to work with all of"
                + " them",
            grown(partition),
            null);
      }
    }
  }

  private Place grown(int partition) {
    Place grown = Place.ofStage(setup.stage().name()).withPartition(partition);
    return setup.inputs().size() == 1 ? grown.withTopic(setup.inputs().get(0).topic()) : grown;
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

  /** Takes assigned tasks past A2; returns whether all of them got further. */
  private boolean readOffsets(Consumer<byte[], byte[]> consumer) {
    Map<Integer, List<OffsetAndMetadata>> known = offsets.read(consumer, assigned);
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
   * Steps A3 and A4, for as many tasks as there is time for; the others begin with A2 again in the
   * next step. A task stops waiting for A2 only when nothing can fail any more.
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
    long begun = worker.clock().nanos();
    for (Map.Entry<Integer, List<OffsetAndMetadata>> each : positions.entrySet()) {
      if (worker.clock().nanos() - begun >= STEP_NANOS) {
        return;
      }
      int partition = each.getKey();
      StateStore store = stores.open(partition);
      if (store != null) {
        TopicPartition changelog = changelog(partition);
        begin(
            partition,
            each.getValue(),
            store,
            beginnings.getOrDefault(changelog, 0L),
            ends.getOrDefault(changelog, 0L));
      } else { // The former owner on this machine still holds it: try again later.
        log.waits(partition, OpeningLog.Awaited.LOCAL_STATE);
      }
    }
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
  public boolean hasMoved(Consumer<byte[], byte[]> consumer, Opened task) {
    return offsets.haveMoved(consumer, task.partition(), task.positions());
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

  /** {@return how many changelog records are still to be replayed} */
  public long remaining() {
    return restorer.remaining();
  }

  @Override
  public void close() {
    assigned.clear();
    restoring.clear();
    restorer.close();
  }
}
