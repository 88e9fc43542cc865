package dev.millrace.testkit;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.launch.Surroundings;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimDeath;
import dev.millrace.internal.sim.SimDisk;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.state.disk.InstanceDirectory;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.JobIdentity;
import dev.millrace.internal.state.store.StateStores;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler that makes the workers of a job's instances take their turns, on one thread, until
 * nothing more happens.
 *
 * <p>Without a seed they take turns in order, and commit when there is nothing left to do; with a
 * seed the order is mixed, a worker may commit after any turn, and partitions get other leaders now
 * and then.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Driver {

  /** A job that needs more rounds than these does not come to rest any more. */
  private static final int MAX_ROUNDS = 100_000;

  private static final int MAX_WAITS = 5_000;
  private static final long WAIT_MS = 20;
  private static final int TURNS_PER_COMMIT = 4;

  private final PhysicalPlan plan;
  private final SimKafka kafka;
  private final SimClock clock;
  private final boolean storesInMemory;
  private final @Nullable Random order;
  private final Random ids;
  private final SimDisk disk;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Integer, CommitFailure> failures = new HashMap<>();
  private JobConfig config;
  private LocalState afterDeath = LocalState.KEPT;
  private int commits;

  /** An instance with its clients. */
  private record Node(SteppedInstance instance, SimClients clients) {}

  Driver(PhysicalPlan plan, JobConfig config, SimKafka kafka, SimClock clock, Mode mode) {
    this.plan = plan;
    this.config = config;
    this.kafka = kafka;
    this.clock = clock;
    this.storesInMemory = mode.storesInMemory();
    this.order = mode.seed() == 0 ? null : new Random(mode.seed());
    this.ids = new Random(mode.seed());
    if (mode.seed() != 0) {
      kafka.injectFaults(new SeededElections(mode.seed()));
    }
    this.disk = new SimDisk(ids::nextInt);
  }

  /**
   * The mode of driving.
   *
   * @param seed mixes the order of turns; 0 for none
   * @param storesInMemory whether state is kept in memory, whatever the settings are
   */
  record Mode(long seed, boolean storesInMemory) {}

  // ------------------------------------------------------------------ nodes

  int nodes() {
    return nodes.size();
  }

  /** Starts one more instance. */
  void start() {
    SimClients clients = kafka.connect(config);
    SteppedInstance instance =
        Launcher.step(
            plan,
            config,
            new Surroundings(
                clients,
                this::slot,
                this::stores,
                clock,
                () -> new UUID(ids.nextLong(), ids.nextLong()),
                Rhythm.EVERY_TURN));
    nodes.add(new Node(instance, clients));
    instance.begin();
  }

  private InstanceSlot slot(JobIdentity job) {
    return storesInMemory
        ? disk.takeSlot()
        : InstanceDirectory.open(config.stateDir(), job, config.instanceId(), ids::nextInt);
  }

  private StateStores stores() {
    return storesInMemory ? disk : Surroundings.configuredStores(config);
  }

  /** Kills an instance; its sessions expire at once. */
  void kill(int index) {
    Node node = nodes.remove(index);
    node.clients().kill();
    node.instance().vanish();
  }

  /** Stops an instance in good order. */
  void stop(int index) {
    nodes.remove(index).instance().stop();
  }

  /** Lets the group take an instance for dead, which finds out at the next poll. */
  void expel(int index) {
    expel(index, 0);
  }

  /** Lets the group take an instance for dead, which does not find out for so many polls. */
  void expel(int index, int unawarePolls) {
    nodes.get(index).clients().expel(unawarePolls);
  }

  /** Goes on with other settings, for instances that are started from now on. */
  void configure(JobConfig changed) {
    config = changed;
  }

  JobConfig config() {
    return config;
  }

  /** Loses all state on the machine's disk; an instance that has it open must be dead. */
  void loseDisk() {
    disk.clear();
    if (!storesInMemory) {
      TestFiles.deleteTasks(config.stateDir());
    }
  }

  List<SteppedInstance> instances() {
    return nodes.stream().map(Node::instance).toList();
  }

  // ------------------------------------------------------------------ faults

  int commits() {
    return commits;
  }

  /** Lets a commit fail; they are counted from the first one of the job. */
  void failCommit(int index, CommitFailure how, LocalState thereafter) {
    failures.put(index, how);
    afterDeath = thereafter;
  }

  private CommitFault nextCommit() {
    CommitFailure failure = failures.remove(commits++);
    return failure == null ? CommitFault.NONE : failure.fault();
  }

  // ------------------------------------------------------------------ turns

  /** Goes on until nothing more happens at the present time. */
  void run() {
    kafka.injectFaults(id -> nextCommit());
    try {
      boolean again;
      do {
        settle();
        again = keepHouse() || isOpening(); // It may find new partitions for the workers to read.
      } while (again);
    } finally {
      kafka.injectFaults(CommitFaults.NEVER);
    }
  }

  private void settle() {
    int rounds = 0;
    int waits = 0;
    while (true) {
      if (round() || commitAll()) {
        rounds++;
      } else if (isOpening() || awaitsRest()) {
        // The engine tries something again by its own clock; no other clock moves.
        clock.sleepMs(WAIT_MS);
        waits++;
      } else {
        break;
      }
      if (rounds > MAX_ROUNDS || waits > MAX_WAITS) {
        throw new IllegalStateException(
            "Cannot bring the job to rest: it goes on and on ("
                + rounds
                + " rounds). Look for a loop over topics, or for a sink that always wants a"
                + " commit");
      }
    }
  }

  /** Returns whether an instance has died of it and was replaced. */
  private boolean keepHouse() {
    boolean died = false;
    for (Node node : List.copyOf(nodes)) {
      try {
        node.instance().keepHouse();
      } catch (SimDeath death) {
        replace(node);
        died = true;
      }
    }
    return died;
  }

  private void replace(Node dead) {
    kill(nodes.indexOf(dead));
    if (afterDeath == LocalState.LOST) {
      loseDisk();
    }
    start();
  }

  private boolean round() {
    long before = kafka.changes();
    boolean worked = readTables();
    for (Turn turn : turns()) {
      worked |= take(turn, Worker::turn);
      Random dice = order;
      if (dice != null && dice.nextInt(TURNS_PER_COMMIT) == 0) {
        worked |= take(turn, Worker::commitPending);
      }
    }
    return worked || kafka.changes() != before;
  }

  /** Lets instances read the tables that they have whole, in a mixed order not all of them. */
  private boolean readTables() {
    boolean worked = false;
    for (Node node : List.copyOf(nodes)) {
      Random dice = order;
      if (dice != null && dice.nextBoolean()) {
        worked |= node.instance().hasTables(); // It has its turn in another round.
        continue;
      }
      try {
        worked |= node.instance().readTables();
      } catch (SimDeath death) {
        replace(node);
        worked = true;
      } catch (RuntimeException e) {
        killAll();
        throw e;
      }
    }
    return worked;
  }

  private boolean commitAll() {
    boolean worked = false;
    for (Turn turn : turns()) {
      worked |= take(turn, Worker::commitPending);
    }
    return worked;
  }

  private record Turn(Node node, Worker worker) {}

  private interface Step {
    boolean of(Worker worker);
  }

  private List<Turn> turns() {
    List<Turn> turns = new ArrayList<>();
    for (Node node : nodes) {
      for (Worker worker : node.instance().workers()) {
        turns.add(new Turn(node, worker));
      }
    }
    if (order != null) {
      Collections.shuffle(turns, order);
    }
    return turns;
  }

  private boolean take(Turn turn, Step step) {
    int index = nodes.indexOf(turn.node());
    if (index < 0) {
      return true; // It died earlier in this round.
    }
    try {
      return step.of(turn.worker());
    } catch (SimDeath death) {
      replace(turn.node());
      return true;
    } catch (RuntimeException e) {
      killAll();
      throw e;
    }
  }

  private boolean isOpening() {
    return turns().stream().anyMatch(turn -> turn.worker().isOpening());
  }

  private boolean awaitsRest() {
    return turns().stream().anyMatch(turn -> turn.worker().awaitsRest());
  }

  /** {@return whether a bounded input has been processed by all} */
  boolean isFinished() {
    return nodes.stream().anyMatch(node -> node.instance().isFinished());
  }

  void killAll() {
    while (!nodes.isEmpty()) {
      kill(nodes.size() - 1);
    }
  }
}
