package dev.millrace.testkit;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.sim.SimClock;

/** Drivers of jobs whose instances have their state in memory and take turns in order. */
final class Drivers {

  private Drivers() {}

  /** {@return a driver that has no instance yet} */
  static Driver of(Job job, JobConfig config, TestCluster cluster, SimClock clock) {
    return new Driver(
        Launcher.plan(PlanAccess.of(job), config),
        config,
        cluster.kafka(),
        clock,
        new Driver.Mode(0, true));
  }
}
