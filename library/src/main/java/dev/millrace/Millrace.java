package dev.millrace;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.launch.Launcher;

/**
 * The entry point of the engine.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Millrace {

  private Millrace() {}

  /**
   * Starts an instance of a job in this JVM: creates what is missing in Kafka, joins the other
   * instances, and works until it is closed. Start it in more JVMs to share the work.
   *
   * @return a handle on the instance, which is at work already
   * @throws dev.millrace.error.ConfigurationException if the job or its settings are wrong, or a
   *     topic is missing
   * @throws dev.millrace.error.KafkaUnreachableException if no broker answers within
   *     startup.timeout
   * @throws dev.millrace.error.IncompatibleJobException if the job does not fit what is deployed
   *     under its name
   */
  public static RunningJob start(Job job, JobConfig config) {
    return new RunningJob(Launcher.start(job.plan(), config));
  }

  /** {@return how the job will run; nothing is started and Kafka is not asked} */
  public static JobPlan plan(Job job, JobConfig config) {
    return new JobPlan(Launcher.plan(job.plan(), config));
  }
}
