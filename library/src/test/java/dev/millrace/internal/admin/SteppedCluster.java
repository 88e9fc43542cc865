package dev.millrace.internal.admin;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.launch.Surroundings;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimDisk;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.stage.Rhythm;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;

/** A simulated cluster with an admin, on which instances of jobs start and work step by step. */
final class SteppedCluster {

  private static final Duration STEP = Duration.ofMillis(500);
  private static final int TURNS_PER_STEP = 20;

  /** Long enough for an instance to look for orders, to report and to look at lags. */
  private static final Duration WHILE = Duration.ofSeconds(6);

  final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  final SimKafka kafka = new SimKafka(clock);
  final JobConfig config;
  final SimClients clients;
  final Cluster cluster;
  final Administration admin;
  private final Random ids = new Random(7);

  SteppedCluster(JobConfig config) {
    this.config = config;
    this.clients = kafka.connect(config);
    this.cluster = Cluster.through(clients, config, clock);
    this.admin = Administration.through(kafka.connect(config), config, clock);
  }

  /** {@return an instance that has taken its first step, on a disk of its own} */
  SteppedInstance start(Job job) {
    return start(job, config);
  }

  SteppedInstance start(Job job, JobConfig settings) {
    return start(job, settings, kafka.connect(settings));
  }

  SteppedInstance start(Job job, JobConfig settings, SimClients itsClients) {
    SimDisk disk = new SimDisk(ids::nextInt);
    SteppedInstance instance =
        Launcher.step(
            Launcher.plan(PlanAccess.of(job), settings),
            settings,
            new Surroundings(
                itsClients,
                identity -> disk.takeSlot(),
                () -> disk,
                clock,
                () -> new UUID(ids.nextLong(), ids.nextLong()),
                Rhythm.EVERY_TURN));
    instance.begin();
    return instance;
  }

  /** Lets an instance work for a while. */
  void work(SteppedInstance instance) {
    work(instance, WHILE);
  }

  void work(SteppedInstance instance, Duration time) {
    for (Duration left = time; left.compareTo(Duration.ZERO) > 0; left = left.minus(STEP)) {
      for (int i = 0; i < TURNS_PER_STEP; i++) {
        instance.readTables();
        instance.workers().forEach(Worker::turn);
        instance.workers().forEach(Worker::commitPending);
      }
      instance.keepHouse();
      clock.advance(STEP);
    }
  }
}
