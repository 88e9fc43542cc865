package dev.millrace.internal.launch;

import static java.util.Objects.requireNonNull;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.broadcast.BroadcastReader;
import dev.millrace.internal.deploy.NewPartitions;
import dev.millrace.internal.deploy.ProgramVersion;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.query.Checkpoints;
import dev.millrace.internal.query.Owners;
import dev.millrace.internal.query.Queries;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.runtime.WorkerView;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.disk.DiskSpace;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.store.SharedMemory;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.util.Clock;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running instance: the workers of all stages it serves, and what looks after them. Its threads
 * are {@link InstanceThreads}.
 *
 * <p>The first worker that fails stops the instance: the group would only hand its record to the
 * next one.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Instance implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(Instance.class);

  /** Has only what stopped the job: programs that print that themselves can turn it off. */
  private static final Logger FAILURES =
      LoggerFactory.getLogger(Instance.class.getName() + ".failure");

  private final PhysicalPlan plan;
  private final Cluster cluster;
  private final MetaTopic meta;
  private final Manifest manifest;
  private final ProgramVersion version;
  private final BroadcastReader tables;
  private final InstanceSlot slot;
  private final StateStores stores;
  private final Optional<Duration> sessionTimeout;
  private final Clock clock;
  private final Map<String, StageSetup> setups = new LinkedHashMap<>();
  private final Map<String, StageShare> shares = new LinkedHashMap<>();
  private final Map<String, List<Worker>> workers = new LinkedHashMap<>();
  private final AtomicReference<InstanceState> state =
      new AtomicReference<>(InstanceState.STARTING);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile Restarts restarts = new Restarts(0, "");
  private final CountDownLatch ended = new CountDownLatch(1);
  private final CountDownLatch stopRequested = new CountDownLatch(1);
  private final AuxiliaryCalls calls;
  private final NewPartitions newPartitions;
  private final Housekeeping housekeeping;
  private final Queries queries;
  private final Checkpoints checkpoints;

  /**
   * Whether the last look into the meta topic had no answer. Then only the look for another version
   * is repeated, at a pace that leaves time for the rest. Used by the care thread alone.
   */
  private boolean isMetaAway;

  Instance(
      PhysicalPlan plan,
      Cluster cluster,
      MetaTopic meta,
      Manifest manifest,
      ProgramVersion version,
      List<StageSetup> stageSetups,
      BroadcastReader tables,
      InstanceSlot slot,
      StateStores stores,
      WorkerSetup workerSetup,
      Optional<Duration> sessionTimeout,
      Clock clock) {
    this.plan = plan;
    this.cluster = cluster;
    this.meta = meta;
    this.manifest = manifest;
    this.version = version;
    this.tables = tables;
    this.slot = slot;
    this.stores = stores;
    this.sessionTimeout = sessionTimeout;
    this.clock = clock;
    JobConfig config = cluster.config();
    WorkerFactory factory = new WorkerFactory(plan, cluster, meta, manifest, slot, workerSetup);
    for (StageSetup setup : stageSetups) {
      String stage = setup.stage().name();
      setups.put(stage, setup);
      if (config.runsStage(stage)) {
        workers.put(stage, new ArrayList<>());
      }
    }
    int total = stageSetups.stream().mapToInt(setup -> workersOf(config, setup)).sum();
    this.calls = new AuxiliaryCalls(plan.job(), clock);
    this.newPartitions = new NewPartitions(plan, cluster, meta, manifest, shares, clock);
    try {
      workers.forEach(
          (stage, list) -> {
            StageSetup setup = setup(stage);
            StageShare share = StageShare.of(setup, workersOf(config, setup));
            shares.put(stage, share);
            for (int i = 0; i < share.workers(); i++) {
              list.add(factory.worker(setup, share, i, total));
            }
          });
      Owners owners = new TasksHere();
      this.queries = new Queries(plan, setups.values(), owners, clock);
      this.checkpoints = new Checkpoints(plan.job(), List.copyOf(workers.keySet()), owners, clock);
      this.housekeeping =
          new Housekeeping(this, plan, cluster, manifest, clock, workerSetup.startup());
      // Before the first record is read: a pause outlives the instances that it was ordered of.
      housekeeping.obey(meta.pauses());
    } catch (RuntimeException | Error e) {
      // Nothing else closes these workers: the caller closes the rest, but does not know of them.
      workers.values().forEach(list -> list.forEach(worker -> close("worker", worker::discard)));
      throw e;
    }
  }

  /**
   * The restarts of an instance by its supervisor.
   *
   * @param count how often it was started again
   * @param lastFailure why the last time, or an empty text
   */
  record Restarts(int count, String lastFailure) {}

  /** Notes the restarts of this instance, for its reports. */
  public void noteRestarts(int count, String lastFailure) {
    restarts = new Restarts(count, lastFailure);
  }

  Restarts restarts() {
    return restarts;
  }

  /** {@return how many workers serve a stage on an instance with these settings} */
  static int workersOf(JobConfig config, StageSetup setup) {
    String stage = setup.stage().name();
    if (!config.runsStage(stage)) {
      return 0;
    }
    int most = config.workers(stage).orElseGet(() -> Runtime.getRuntime().availableProcessors());
    return Math.min(most, setup.tasks());
  }

  /** {@return the setup of a stage} */
  StageSetup setup(String stage) {
    StageSetup setup = setups.get(stage);
    if (setup == null) {
      throw new IllegalArgumentException("No stage is called " + stage);
    }
    return setup;
  }

  /** The workers by the tasks that they have. */
  private final class TasksHere implements Owners {

    @Override
    public Optional<Worker> of(String stage, int task) {
      return workersOf(stage).stream().filter(worker -> worker.has(task)).findFirst();
    }

    @Override
    public Set<Integer> tasks(String stage) {
      Set<Integer> tasks = new TreeSet<>();
      workersOf(stage).forEach(worker -> tasks.addAll(worker.tasks()));
      return tasks;
    }

    @Override
    public boolean isOver() {
      return isStopRequested();
    }

    private List<Worker> workersOf(String stage) {
      return workers.getOrDefault(stage, List.of());
    }
  }

  /** {@return the stores of the job, for those who ask for state} */
  public Queries queries() {
    return queries;
  }

  /** {@return the checkpoints of the tasks that are here} */
  public Checkpoints checkpoints() {
    return checkpoints;
  }

  /** Starts the threads. */
  void start() {
    new InstanceThreads(this, plan.job(), cluster.config().shutdownTimeout()).start();
  }

  /** Stops the instance because of a failure; of several, the first one counts. */
  void fail(Throwable cause) {
    if (cause instanceof MillraceException known) {
      MillraceException ignored = known.within(Place.ofJob(plan.job()));
    }
    if (failure.compareAndSet(null, cause)) {
      FAILURES.atError().setCause(cause).addKeyValue("job", plan.job()).log("The job stops");
    }
    stopRequested.countDown();
  }

  /** Does the housekeeping that is due. */
  void keepHouse() {
    if (started() && state.compareAndSet(InstanceState.STARTING, InstanceState.RUNNING)) {
      report("Job running");
    }
    if (version.isLookDue()) {
      boolean ignored = calls.run("look for another version of the program", meta::refresh);
      isMetaAway = calls.isCutOff();
      version.looked();
      version.check();
      if (isMetaAway || isStopRequested()) {
        return;
      }
      if (meta.isStopped()) {
        report("Job is stopped by order");
        requestStop();
        return;
      }
      newPartitions.adopt();
    }
    housekeeping.obey(meta.pauses());
    if ((isMetaAway || newPartitions.look()) && !isStopRequested()) {
      housekeeping.step();
    }
  }

  /** {@return whether all of a bounded input is processed} */
  boolean isFinished() {
    if (isStopRequested()) {
      return false;
    }
    if (!manifest.bounded()) {
      return meta.hasRunAfter(manifest);
    }
    if (!isMetaAway) {
      boolean ignored = calls.run("look for announcements of finished tasks", meta::refresh);
      isMetaAway = calls.isCutOff();
      if (isMetaAway) {
        version.looked();
      }
    }
    // The announcements are gone when another run has begun.
    return meta.allFinished(manifest) || meta.hasRunAfter(manifest);
  }

  private boolean started() {
    return workers.values().stream().flatMap(List::stream).allMatch(Worker::isStarted);
  }

  /** Asks the workers to stop in good order, and does not wait. */
  void stopWorkers() {
    state.set(InstanceState.STOPPING);
    workers.values().forEach(list -> list.forEach(Worker::stop));
  }

  /** Removes static members, which would otherwise hold their tasks until their sessions expire. */
  void leaveGroups() {
    if (cluster.config().membership() != MembershipProtocol.CLASSIC) {
      return;
    }
    for (Map.Entry<String, List<Worker>> each : workers.entrySet()) {
      // If that fails, their sessions expire.
      boolean ignored =
          calls.run(
              "leave the group of a stage",
              () ->
                  cluster
                      .groups()
                      .evict(
                          plan.group(setup(each.getKey()).stage()),
                          each.getValue().stream().map(Worker::transactionalId).toList()));
      if (calls.isCutOff()) {
        return;
      }
    }
  }

  /**
   * Closes all that is left, when the workers have ended.
   *
   * @param finished whether all of a bounded input is processed
   */
  void end(boolean finished) {
    reportEnd(finished);
    closeAll();
    ended.countDown();
  }

  /**
   * Closes all but what workers may use that have not ended; {@link #letGo} is left to the caller,
   * for when they have.
   *
   * @param finished whether all of a bounded input is processed
   */
  void endBeforeWorkers(boolean finished) {
    reportEnd(finished);
    closeReports();
    closeClients();
    ended.countDown();
  }

  private void reportEnd(boolean finished) {
    state.set(
        failure.get() != null
            ? InstanceState.FAILED
            : finished ? InstanceState.FINISHED : InstanceState.STOPPED);
    report(finished ? "Job finished" : "Job stopped");
  }

  private void report(String event) {
    LOGGER
        .atInfo()
        .addKeyValue("job", plan.job())
        .addKeyValue("instance", instanceId())
        .addKeyValue("stages", workers.keySet())
        .log(event);
  }

  /** Closes everything but the workers, which have ended. */
  void closeAll() {
    closeReports();
    letGo();
    closeClients();
  }

  private void closeReports() {
    close("queries", queries);
    close("status reports", housekeeping);
  }

  private void closeClients() {
    close("meta topic", meta);
    close("clients", cluster);
  }

  /** Releases what this instance holds on its machine, and no worker uses any more. */
  void letGo() {
    close("stores", stores);
    close("state directory", slot);
  }

  /**
   * Closes a part; one that cannot be closed must not keep the others from being closed, nor the
   * instance from its end. Errors included: where the jar of a program that runs was replaced,
   * classes that are needed only now are not to be had any more.
   */
  private static void close(String what, AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception | Error e) {
      LOGGER.atWarn().addKeyValue("what", what).setCause(e).log("Something could not be closed");
    }
  }

  /** {@return where the instance stands} */
  public InstanceState state() {
    return requireNonNull(state.get());
  }

  /** {@return what stopped the instance, if it failed} */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure.get());
  }

  /** {@return the instance's name in its group and reports} */
  public String instanceId() {
    return slot.instance8();
  }

  /** {@return after how long its groups would miss it if it died, as far as that is known} */
  Optional<Duration> sessionTimeout() {
    return sessionTimeout;
  }

  /** {@return the name of the job} */
  String job() {
    return plan.job();
  }

  /** {@return the clock that the instance goes by} */
  Clock clock() {
    return clock;
  }

  /** {@return the ends of partitions that are not read at present} */
  PausedEnds pausedEnds() {
    return housekeeping.pausedEnds();
  }

  /** {@return the memory that the tasks' state stores share, if they are not on the heap} */
  Optional<SharedMemory> stateMemory() {
    return stores.sharedMemory();
  }

  /** {@return the space that is left for state, if that can be known} */
  Optional<DiskSpace> stateSpace() {
    return slot.space();
  }

  /** {@return the counters of each stage, over this instance's workers} */
  public Map<String, StageCounters> metrics() {
    Map<String, StageCounters> metrics = new LinkedHashMap<>();
    workers.forEach(
        (stage, list) ->
            metrics.put(
                stage,
                list.stream()
                    .map(Worker::metrics)
                    .reduce(StageCounters.NONE, StageCounters::plus)));
    return metrics;
  }

  /** {@return what the workers of each stage do; nothing once the instance has ended} */
  public Map<String, List<JobStatus.Worker>> workerPhases() {
    Map<String, List<JobStatus.Worker>> phases = new LinkedHashMap<>();
    if (ended.getCount() > 0) {
      workers.forEach((stage, list) -> phases.put(stage, phases(list)));
    }
    return phases;
  }

  private List<JobStatus.Worker> phases(List<Worker> list) {
    List<JobStatus.Worker> phases = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      WorkerView view = list.get(i).view();
      phases.add(
          new JobStatus.Worker(
              instanceId(),
              i,
              JobStatus.Worker.Phase.valueOf(view.phase().name()),
              Instant.ofEpochMilli(view.sinceMs())));
    }
    return phases;
  }

  /** {@return for how long the slowest worker has been in one round of its loop} */
  public Duration longestRound() {
    return workers.values().stream()
        .flatMap(List::stream)
        .map(Worker::roundTime)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  /** {@return the source partitions that are read here, by the source's stage} */
  public Map<String, List<TaskView>> sources() {
    Map<String, List<TaskView>> sources = new LinkedHashMap<>();
    workers.forEach(
        (stage, list) -> {
          if (setup(stage).stage().isSource()) {
            sources.put(
                stage,
                list.stream()
                    .flatMap(worker -> worker.view().tasks().stream())
                    .sorted(Comparator.comparingInt(TaskView::task))
                    .toList());
          }
        });
    return sources;
  }

  /** {@return the reader of the tables that the instance has whole} */
  BroadcastReader tables() {
    return tables;
  }

  /** {@return the workers of each stage} */
  Map<String, List<Worker>> workers() {
    return workers;
  }

  /** {@return the state that the workers of each stage share} */
  Map<String, StageShare> shares() {
    return shares;
  }

  /** {@return the setups of each stage} */
  Map<String, StageSetup> setups() {
    return setups;
  }

  /** Waits for the end; returns whether it came within the time. */
  public boolean awaitEnd(Duration atMost) throws InterruptedException {
    return ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Asks the instance to stop in good order, and does not wait. */
  public void requestStop() {
    stopRequested.countDown();
  }

  /** Waits until the instance is to stop, or has failed; returns whether that is so in time. */
  boolean awaitStopRequest(Duration atMost) throws InterruptedException {
    return stopRequested.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** {@return whether the instance is to stop, or has failed} */
  boolean isStopRequested() {
    return stopRequested.getCount() == 0;
  }

  /** Stops in good order and waits for it; harmless if it has ended. */
  @Override
  public void close() {
    requestStop();
    try {
      if (!awaitEnd(cluster.config().shutdownTimeout().plusSeconds(30))) {
        throw new MillraceException(
            "Cannot stop job '" + plan.job() + "' in time: a worker hangs. See a thread dump",
            Place.ofJob(plan.job()),
            null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
