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
   * @throws dev.millrace.error.CredentialsRefusedException if brokers refuse the credentials
   * @throws dev.millrace.error.MissingRightException if the job's principal lacks a right
   * @throws dev.millrace.error.IncompatibleJobException if the job does not fit what is deployed
   *     under its name
   * @throws dev.millrace.error.JobActiveException if copies of another version, beside which this
   *     one cannot run, do not stop in time
   * @throws dev.millrace.error.JobStateException if the job's state does not permit it: a reset is
   *     not complete, a run up to the end of the input is not over, or a finished job cannot
   *     continue with new input
   * @throws dev.millrace.error.JobStoppedException if the job was stopped by order
   * @throws dev.millrace.error.StateStoreException if the directory of local state cannot be used
   */
  public static RunningJob start(Job job, JobConfig config) {
    return new RunningJob(Launcher.start(job.plan(), config));
  }

  /** {@return how the job will run; nothing is started and Kafka is not asked} */
  public static JobPlan plan(Job job, JobConfig config) {
    return new JobPlan(Launcher.plan(job.plan(), config));
  }
}
