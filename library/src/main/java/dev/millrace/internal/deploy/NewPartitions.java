package dev.millrace.internal.deploy;

import dev.millrace.error.JobStateException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.ManifestProducer;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.TaskCount;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agreement on partitions that source topics get while the job runs.
 *
 * <p>Workers that are assigned partitions without a task wait ({@link TaskCount}). The instance
 * that has the first of them writes all of the topic's new partitions into the manifest, as a start
 * would do; every instance that waits reads the manifest until it has them, and its workers open
 * the tasks. What fails is repeated: meanwhile the job goes on without the new partitions.
 *
 * <p><b>Threads.</b> Confined to the instance's care thread.
 */
public final class NewPartitions {

  private static final Logger LOGGER = LoggerFactory.getLogger(NewPartitions.class);
  private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

  private final PhysicalPlan plan;
  private final Cluster cluster;
  private final MetaTopic meta;
  private final Manifest joined;
  private final Map<String, StageShare> shares;
  private final Clock clock;
  private final AuxiliaryCalls calls;
  private long triedNanos;

  /**
   * Creates the agreement of an instance.
   *
   * @param joined the manifest that the instance was started with
   * @param shares the stages that it serves
   */
  public NewPartitions(
      PhysicalPlan plan,
      Cluster cluster,
      MetaTopic meta,
      Manifest joined,
      Map<String, StageShare> shares,
      Clock clock) {
    this.plan = plan;
    this.cluster = cluster;
    this.meta = meta;
    this.joined = joined;
    this.shares = shares;
    this.clock = clock;
    this.calls = new AuxiliaryCalls(plan.job(), clock);
    this.triedNanos = clock.nanos() - PAUSE_NANOS;
  }

  /**
   * Looks for what the workers wait for, and provides it if that is for this instance to do.
   *
   * @return whether Kafka has answered, if it was asked
   */
  public boolean look() {
    if (shares.values().stream().noneMatch(share -> share.tasks().isAwaiting())) {
      return true;
    }
    boolean ignored =
        calls.run(
            "look for new partitions of source topics in the manifest",
            () -> {
              meta.refresh();
              adopt();
            });
    for (Map.Entry<String, StageShare> stage : shares.entrySet()) {
      TaskCount tasks = stage.getValue().tasks();
      if (!calls.isCutOff() && tasks.awaitsFirst() && clock.nanos() - triedNanos >= PAUSE_NANOS) {
        if (!calls.run(
            "agree on new partitions of source topics",
            () -> agree(plan.stage(stage.getKey()), tasks))) {
          triedNanos = clock.nanos();
        }
      }
    }
    return !calls.isCutOff();
  }

  /** Takes over the tasks that the manifest has, as of its last refresh. */
  public void adopt() {
    Manifest present = meta.manifest().orElse(null);
    if (present == null || !isOfThisRun(present)) {
      return;
    }
    shares.forEach(
        (name, share) -> {
          Manifest.Stage stage = present.stages().get(name);
          int before = share.tasks().agreed();
          if (stage != null && share.tasks().agreeOn(stage.tasks())) {
            LOGGER
                .atInfo()
                .addKeyValue("job", plan.job())
                .addKeyValue("topic", topic(name))
                .addKeyValue("before", before)
                .addKeyValue("partitions", stage.tasks())
                .log("A source topic has grown; its new partitions are read from now on");
          }
        });
  }

  private boolean isOfThisRun(Manifest present) {
    return present.jobUuid().equals(joined.jobUuid())
        && present.resetEpoch() == joined.resetEpoch()
        && present.runNumber() == joined.runNumber()
        && present.phase() == Manifest.Phase.READY;
  }

  private String topic(String stage) {
    return plan.stage(stage).inputs().get(0).topic();
  }

  /** Writes the new partitions' first offsets and the manifest that has them, then reads it. */
  private void agree(StagePlan stage, TaskCount tasks) {
    int before = tasks.agreed();
    Map<String, TopicState> topics = cluster.topics().describe(List.of(topic(stage.name())));
    Growth.since(joined, plan, List.of(stage), topics).growChangelogs(cluster, plan);
    // Fences copies that do the same: partitions that are read by then keep their offsets.
    try (ManifestProducer fencing = ManifestProducer.open(cluster, plan.job(), Set.of())) {
      meta.refresh();
      Manifest present = meta.manifest().filter(this::isOfThisRun).orElse(null);
      Growth growth =
          present == null ? Growth.NONE : Growth.since(present, plan, List.of(stage), topics);
      if (present != null && growth.isAny()) {
        Producer<byte[], byte[]> producer = fencing.producer();
        producer.beginTransaction();
        growth.pickUp(cluster, plan, present, producer);
        producer.send(meta.record(present.grown(growth.grown())));
        producer.commitTransaction();
        meta.refresh(); // Brokers may take a moment longer to show it, until a later look.
      }
      adopt();
      if (!growth.isAny() && tasks.agreed() == before) {
        throw refused(stage, before);
      }
    }
  }

  private JobStateException refused(StagePlan stage, int tasks) {
    return new JobStateException(
        "Cannot read the new partitions of topic "
            + topic(stage.name())
            + ": it is not (yet) seen to have more than "
            + tasks
            + " as the topic that the job was deployed with, or the job was reset or given an end"
            + " meanwhile. If this is repeated, start this copy anew, which reports the reason",
        Place.ofTopic(topic(stage.name())),
        null);
  }
}
