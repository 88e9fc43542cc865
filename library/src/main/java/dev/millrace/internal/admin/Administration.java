package dev.millrace.internal.admin;

import dev.millrace.admin.DeletionPlan;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobSummary;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.config.JobConfig;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.SystemClock;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * The operations on jobs as a whole, over one connection to their cluster.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class Administration implements AutoCloseable {

  private final Cluster cluster;
  private final Clock clock;

  private Administration(Cluster cluster, Clock clock) {
    this.cluster = cluster;
    this.clock = clock;
  }

  /** {@return the operations in the cluster that the settings name; nothing is sent yet} */
  public static Administration connect(JobConfig config) {
    return new Administration(Cluster.connect(config), SystemClock.INSTANCE);
  }

  /** {@return all jobs} */
  public List<JobSummary> jobs() {
    return new JobInspector(cluster, clock).jobs();
  }

  /** {@return the status of a job} */
  public JobStatus status(String job) {
    return new JobInspector(cluster, clock).status(job);
  }

  /** {@return the plan of a reset, which shows what it would do} */
  public ResetPlan planReset(String job, ResetRequest request) {
    return new JobReset(cluster, job, clock).plan(request);
  }

  /** Executes a planned reset. */
  public void reset(ResetPlan plan) {
    new JobReset(cluster, plan.job(), clock).execute(plan);
  }

  /** {@return the plan of a deletion, which shows what it would delete} */
  public DeletionPlan planDeletion(String job) {
    return new JobDeletion(cluster, job, clock).plan();
  }

  /** Executes a planned deletion. */
  public void delete(DeletionPlan plan) {
    new JobDeletion(cluster, plan.job(), clock).execute(plan);
  }

  /** Reads records in a readable form until the reader has had enough. */
  public void peek(String topic, PeekRequest request, Predicate<PeekedRecord> reader) {
    new TopicPeek(cluster, topic).read(request, reader);
  }

  /** {@return the number of partitions of a topic; empty if there is no such topic} */
  public OptionalInt partitions(String topic) {
    TopicState state = cluster.topics().describe(List.of(topic)).get(topic);
    return state == null ? OptionalInt.empty() : OptionalInt.of(state.partitions());
  }

  /** Creates topics with the broker's defaults unless they exist; returns those it created. */
  public List<String> createMissingTopics(Collection<String> topics, int partitions) {
    return cluster.topics().createMissing(topics, partitions);
  }

  @Override
  public void close() {
    cluster.close();
  }
}
